"""Exported networks are those they came from, and a folder appears whole or not at all."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from stylemapgan import images, zoo
from stylemapgan.checkpoints import Checkpoint, read, to_half
from stylemapgan.checkpoints.networks import build, pack
from stylemapgan.config import from_dict, preset
from stylemapgan.config.model import ModelConfig
from stylemapgan.editing import OnnxEditor
from stylemapgan.editing.onnx_sessions import onnxruntime
from stylemapgan.errors import CheckpointError
from stylemapgan.interop import onnx_export, onnx_files, onnx_networks
from stylemapgan.interop.onnx_export import Step, export
from stylemapgan.models import Encoder, Generator

PHOTOS = np.random.default_rng(0).uniform(-1, 1, (3, 3, 32, 32)).astype(np.float32)


@pytest.fixture(scope="module")
def checkpoint(tiny_checkpoint) -> Checkpoint:
    return tiny_checkpoint


@pytest.fixture(scope="module")
def exported(exported_tiny) -> Path:
    return exported_tiny / "networks"


def test_all_networks_are_written_and_nothing_else(exported):
    expected = {f"{name}.onnx" for name in zoo.ONNX_NETWORKS}
    assert {path.name for path in exported.iterdir()} == expected
    errors = json.loads((exported.parent / "errors.json").read_text())
    assert tuple(errors) == zoo.ONNX_NETWORKS
    assert all(error < 1e-4 for error in errors.values())
    assert {path.name for path in exported.parent.iterdir()} == {"networks", "errors.json"}


def test_files_say_what_they_are(exported, checkpoint):
    for path in exported.iterdir():
        metadata = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
        assert metadata["format"] == "stylemapgan-onnx-1"
        assert metadata["network"] == path.stem
        assert from_dict(ModelConfig, json.loads(metadata["config"])) == checkpoint.config
        assert json.loads(metadata["images_seen"]) == 77
        assert json.loads(metadata["licence"]) == "Apache-2.0"
        assert json.loads(metadata["data"]) == "Fotos von Händen"
        assert json.loads(metadata["typical_errors"]) == []  # not measured


def test_files_tell_nothing_of_where_they_were_made(exported):
    for path in exported.iterdir():
        assert b".py" not in path.read_bytes()


def test_names_and_shapes_are_those_in_the_guide(exported):
    def shapes(values) -> dict[str, list]:
        return {value.name: value.shape for value in values}

    folder = exported
    opened = {name: onnxruntime.InferenceSession(folder / f"{name}.onnx") for name in shapes_of()}
    for name, (inputs, outputs) in shapes_of().items():
        assert shapes(opened[name].get_inputs()) == inputs
        assert shapes(opened[name].get_outputs()) == outputs


def shapes_of() -> dict[str, tuple[dict[str, list], dict[str, list]]]:
    config = preset("tiny-32").model
    style, sizes = config.style_channels, [4, 8, 16, 32]
    w_plus = {
        f"w_plus_{2 * level + step}": ["batch", width, sizes[level], sizes[level]]
        for level, width in enumerate(config.resizer_widths)
        for step in (0, 1)
    }
    cutouts = {
        name: [batch, width, f"rows_{index}", f"columns_{index}"]
        for index, (name, (batch, width, *_)) in enumerate(w_plus.items())
    }
    modulations = {
        f"modulation_{2 * level + step}": ["batch", 2 * width, sizes[level], sizes[level]]
        for level, width in enumerate(config.generator_widths)
        for step in (0, 1)
    }
    maps = {
        name: [*shape[:2], f"rows_{index}", f"columns_{index}"]
        for index, (name, shape) in enumerate(modulations.items())
    }
    image, stylemap = ["batch", 3, 32, 32], {"stylemap": ["batch", style, 4, 4]}
    features = ["batch", config.generator_widths[2], 16, 16]
    return {
        "encoder": ({"image": image}, stylemap),
        "mapping": ({"z": ["batch", style]}, stylemap),
        "resizer": (stylemap, w_plus),
        "modulation": (cutouts, maps),
        "synthesis": (modulations, {"image": image, "features": features}),
        "reconstruct": ({"image": image}, {"reconstruction": image}),
    }


@pytest.mark.parametrize("count", [1, 5])
def test_a_batch_may_have_any_length(exported, checkpoint, count):
    networks = build(checkpoint)
    photos = np.random.default_rng(1).uniform(-1, 1, (count, 3, 32, 32)).astype(np.float32)
    with torch.inference_mode():
        expected = networks.generator.synthesize(networks.encoder(torch.tensor(photos)))
    session = onnxruntime.InferenceSession(exported / "reconstruct.onnx")
    (result,) = session.run(None, {"image": photos})
    np.testing.assert_allclose(np.asarray(result), expected.numpy(), atol=1e-4)


def test_a_resizer_with_one_convolution_a_level_has_all_outputs(tmp_path):
    config = replace(preset("tiny-32").model, resizer_convolutions=1)
    generator, encoder = Generator(config).eval(), Encoder(config).eval()
    packed = pack(config, generator, encoder, images_seen=0, licence="", data="")
    export(packed, tmp_path / "one", PHOTOS, names=["resizer"])
    stylemap = torch.randn(2, 8, 4, 4)
    with torch.inference_mode():
        expected = generator.resizer(stylemap)
    session = onnxruntime.InferenceSession(tmp_path / "one" / "resizer.onnx")
    names = [f"w_plus_{layer}" for layer in range(8)]
    for one, other in zip(
        session.run(names, {"stylemap": stylemap.numpy()}), expected, strict=True
    ):
        np.testing.assert_allclose(np.asarray(one), other.numpy(), atol=1e-4)


def test_weights_keep_the_precision_they_have(tmp_path):
    photos = np.zeros((2, 3, 64, 64), np.float32)
    stored = read(zoo.find("hands-64"))
    finer = {name: array * np.float32(1.0001) for name, array in stored.tensors.items()}
    whole = replace(stored, tensors=finer)
    (full,) = export(whole, tmp_path / "full", photos, names=["mapping"])
    (half,) = export(to_half(whole), tmp_path / "half", photos, names=["mapping"])

    assert full.size > 1.7 * half.size
    for folder, is_half in (("full", False), ("half", True)):
        weights = onnx.load(tmp_path / folder / "mapping.onnx").graph.initializer
        assert is_half == (onnx.TensorProto.FLOAT16 in {array.data_type for array in weights})


def test_bundled_files_come_from_the_bundled_weights():
    """Every large array of the one is a large array of the other, bit by bit."""
    for name in zoo.BUNDLED:
        weights = {array.tobytes() for array in read(zoo.find(name)).tensors.values()}
        folder = zoo.find_onnx(name)
        assert folder is not None
        for path in folder.iterdir():
            stored = onnx.load(path).graph.initializer
            halved = [tensor for tensor in stored if tensor.data_type == onnx.TensorProto.FLOAT16]
            assert halved
            others = [tensor for tensor in halved if tensor.raw_data not in weights]
            assert all(list(tensor.dims)[1:] == [1, 4, 4] for tensor in others)  # blur kernels


def test_the_guide_blends_without_this_package(tmp_path, monkeypatch):
    guide = Path(__file__).parents[2] / "docs/guides/onnx.md"
    (program,) = re.findall(r"```python\n(.*?)```", guide.read_text("utf-8"), flags=re.DOTALL)
    folder = zoo.find_onnx("hands-64")
    assert folder is not None
    shutil.copytree(folder, tmp_path / "exported")
    for name, picture in zip(("one", "other"), zoo.sample_pictures("hands-64"), strict=False):
        Image.open(picture).save(tmp_path / f"{name}.jpg", quality=95)
    monkeypatch.chdir(tmp_path)

    exec(program, {})  # our own guide

    mask = images.box_mask((32, 0, 32, 64), 64)
    one, other = images.read("one.jpg", 64), images.read("other.jpg", 64)
    expected = OnnxEditor.load("hands-64").blend(one, other, mask)
    np.testing.assert_allclose(images.read("blend.png"), expected.clip(-1, 1), atol=2 / 127.5)


def test_a_folder_in_use_is_left_alone(checkpoint, tmp_path):
    (tmp_path / "mine").write_text("keep")
    with pytest.raises(CheckpointError, match=re.escape(f"{tmp_path} is not empty")):
        export(checkpoint, tmp_path, PHOTOS)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_folder_in_no_place_is_refused(checkpoint, tmp_path):
    with pytest.raises(CheckpointError, match=r"there is no folder .*none"):
        export(checkpoint, tmp_path / "none" / "tiny", PHOTOS)


def test_results_far_from_pytorch_leave_nothing(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "TOLERANCE", -1.0)  # nothing is that near
    with pytest.raises(CheckpointError, match=r"mapping\.onnx differs .*nothing was written"):
        export(checkpoint, tmp_path / "tiny", PHOTOS, names=["mapping"])
    assert list(tmp_path.iterdir()) == []


def test_without_photos_nothing_is_compared(checkpoint, tmp_path):
    (written,) = export(checkpoint, tmp_path / "tiny", None, names=["mapping"])
    assert written.error is None
    assert written.size == (tmp_path / "tiny" / "mapping.onnx").stat().st_size


def test_a_model_that_is_broken_itself_is_named(checkpoint, tmp_path):
    bias = "generator.mapping.layers.0.bias"
    broken = {**checkpoint.tensors, bias: np.full_like(checkpoint.tensors[bias], np.nan)}
    with pytest.raises(CheckpointError, match="in PyTorch, the results of its mapping network"):
        export(replace(checkpoint, tensors=broken), tmp_path / "x", PHOTOS, names=["mapping"])
    assert list(tmp_path.iterdir()) == []


def test_who_interrupts_finds_nothing_half_written(checkpoint, tmp_path):
    steps: list[Step] = []

    def interrupt(step: Step) -> None:
        steps.append(step)
        if step.doing.startswith("comparing"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(checkpoint, tmp_path / "tiny", PHOTOS, names=["mapping"], on_step=interrupt)
    assert list(tmp_path.iterdir()) == []
    layers = 1 + checkpoint.config.mapping_layers  # and what holds them
    shares = [(step.doing, step.done, step.total) for step in steps]
    assert shares[0] == ("writing mapping.onnx", 0, 4 * shares[1][1])  # three photos
    assert shares[1][0] == "comparing mapping.onnx"
    assert 0 < shares[1][1] <= layers


def test_large_networks_are_exact_and_keep_their_weights_in_a_second_file(
    checkpoint, tmp_path, monkeypatch
):
    monkeypatch.setattr(onnx_files, "MOST_INSIDE", 10_000)
    monkeypatch.setattr(onnx_networks, "MOST_SUMMED", 1_000)
    (written,) = export(checkpoint, tmp_path / "tiny", PHOTOS, names=["synthesis"])

    folder = tmp_path / "tiny"
    assert {file.name for file in folder.iterdir()} == {"synthesis.onnx", "synthesis.onnx.data"}
    assert written.size == sum(file.stat().st_size for file in folder.iterdir())
    assert written.error is not None
    assert written.error < 1e-4
    model = onnx.load(folder / "synthesis.onnx", load_external_data=False)
    kinds = [node.op_type for node in model.graph.node]
    assert 0 < kinds.count("InstanceNormalization") < 2 * len(checkpoint.config.generator_widths)
    assert "ReduceMean" in kinds
    # weights in float32 are stored as they are used: only features are multiplied
    names = {array.name for array in model.graph.initializer if len(array.dims) == 4}
    multiplied = {name for node in model.graph.node if node.op_type == "Mul" for name in node.input}
    assert not {name for name in names & multiplied if "weight" in name}


def test_stages_add_up_where_one_sum_is_off():
    """A plane of a million numbers; ONNX Runtime's own normalisation is off by 1e-3 and more."""
    features = np.random.default_rng(0).normal(5, 3, (1, 4, 512, 512)).astype(np.float32)
    exact = features.astype(np.float64)
    exact = (exact - exact.mean()) / np.sqrt(exact.var() + 1e-5)
    staged = onnx_networks.StagedNormalisation((3, 2, 1))(torch.from_numpy(features))
    np.testing.assert_allclose(staged, exact, atol=1e-5)
