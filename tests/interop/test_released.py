"""Released checkpoints come in whole, or not at all."""

import argparse
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from released_format import with_networks_in_training
from torch import Tensor

from stylemapgan.checkpoints.networks import build
from stylemapgan.errors import CheckpointError
from stylemapgan.interop.released import LICENCE, read_released

LIGHT = Path(__file__).parents[1] / "data/golden/b_light_32_8_layernorm.pt"
FULL = LIGHT.with_name("c_full_32_4_instancenorm.pt")


def released(path: Path = FULL) -> dict:
    with torch.serialization.safe_globals([argparse.Namespace]):
        return torch.load(path, weights_only=True)


def refusal(tmp_path: Path, content: object) -> str:
    """Save some content, try to import it, and return the one line that says why not."""
    path = tmp_path / "released.pt"
    torch.save(content, path)
    with pytest.raises(CheckpointError) as caught:
        read_released(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_shapes_are_read_off_the_tensors():
    light, full = read_released(LIGHT).config, read_released(FULL).config

    assert (light.image_size, light.stylemap_size, light.style_channels) == (32, 8, 16)
    assert light.generator_widths == light.encoder_widths == (32, 32, 32)
    assert light.resizer_widths == (16, 16, 16)
    assert light.normalisation == "layer"
    assert (full.image_size, full.stylemap_size, full.style_channels) == (32, 4, 24)
    assert full.generator_widths == full.resizer_widths == (16, 16, 16, 16)
    assert full.discriminator_widths == (16, 16, 16, 16)
    assert full.mapping_layers == 8
    assert full.normalisation == "instance"


def test_sizes_in_the_settings_do_not_count(tmp_path):
    content = released()
    content["train_args"].size = 1024
    content["train_args"].small_generator = True
    torch.save(content, tmp_path / "released.pt")
    assert read_released(tmp_path / "released.pt").config == read_released(FULL).config


def test_licence_and_history_come_along():
    checkpoint = read_released(FULL)
    assert checkpoint.licence == LICENCE == "CC BY-NC 4.0 (non-commercial)"
    assert checkpoint.images_seen == 0  # the file tells the planned length, not the reached one
    assert checkpoint.data == "celeba_hq"


def test_averaged_networks_are_read_and_not_those_in_training(tmp_path):
    averaged = read_released(FULL).tensors
    current = read_released(with_networks_in_training(FULL, tmp_path)).tensors
    assert averaged.keys() == current.keys()
    for name in averaged:
        same = np.array_equal(averaged[name], current[name])
        assert same == name.startswith("discriminator."), name


def test_another_learning_rate_multiplier_is_kept_in_effect(tmp_path):
    content = released()
    content["train_args"].lr_mul = 0.02
    for name, tensor in content["g_ema"].items():
        if name.startswith("mapping_z."):
            tensor.div_(2)
    torch.save(content, tmp_path / "released.pt")
    imported = read_released(tmp_path / "released.pt").tensors
    for name, array in read_released(FULL).tensors.items():
        np.testing.assert_allclose(imported[name], array, rtol=1e-6)


def with_batch_normalisation(content: dict) -> dict:
    """Add running statistics to every styled convolution, each its own."""
    random = torch.Generator().manual_seed(0)
    for network in ("generator", "g_ema"):
        tensors = content[network]
        for name in [name for name in tensors if name.endswith(".conv.weight")]:
            channels = tensors[name].shape[2]
            norm = name.replace("weight", "norm.")
            tensors[norm + "running_mean"] = torch.randn(channels, generator=random)
            tensors[norm + "running_var"] = 0.5 + torch.rand(channels, generator=random)
            tensors[norm + "num_batches_tracked"] = torch.tensor(123)
    content["train_args"].normalize_mode = "BatchNorm2d"
    return content


def test_batch_normalisation_uses_the_running_statistics(tmp_path):
    """First and last modulation, against the formula of section 3.1 written out."""
    content = with_batch_normalisation(released())
    torch.save(content, tmp_path / "released.pt")
    checkpoint = read_released(tmp_path / "released.pt")
    assert checkpoint.config.normalisation == "batch"
    prefix = "generator.synthesis.first.modulation.normalise"
    assert checkpoint.tensors[f"{prefix}.num_batches_tracked"] == 123

    synthesis = build(checkpoint).generator.synthesis
    for styled, name in ((synthesis.first, "conv1"), (synthesis.to_rgb, "to_rgb")):
        theirs = {
            key.removeprefix(f"decoder.{name}.conv."): tensor.double()
            for key, tensor in content["g_ema"].items()
            if key.startswith(f"decoder.{name}.conv.")
        }
        features, style = torch.randn(2, 16, 4, 4), torch.randn(2, 16, 4, 4)
        expected = modulated(theirs, features, style).float()
        torch.testing.assert_close(styled.modulation(features, style), expected)


def modulated(theirs: dict[str, Tensor], features: Tensor, style: Tensor) -> Tensor:
    def convolved(kind: str) -> Tensor:
        weight = theirs[f"{kind}.weight"]
        scale = (weight.shape[1] * 9) ** -0.5
        return torch.nn.functional.conv2d(
            style.double(), weight * scale, theirs[f"{kind}.bias"], padding=1
        )

    mean = theirs["norm.running_mean"][:, None, None]
    deviation = (theirs["norm.running_var"][:, None, None] + 1e-5).sqrt()
    return convolved("gamma") * (features.double() - mean) / deviation + convolved("beta")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"none\.pt: there is no such file"):
        read_released(tmp_path / "none.pt")


def test_a_web_page_saved_as_checkpoint_is_recognised(tmp_path):
    path = tmp_path / "released.pt"
    path.write_text("\n<!DOCTYPE html><html>Quota exceeded</html>")
    with pytest.raises(CheckpointError, match=r"released\.pt is a web page"):
        read_released(path)


@pytest.mark.parametrize("kept", [0, 2, 1000, 500_000, -1])
def test_a_truncated_file_is_refused(tmp_path, kept):
    path = tmp_path / "released.pt"
    path.write_bytes(FULL.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match="incomplete"):
        read_released(path)


class Payload:
    """Runs a command when unpickled without care."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.marker),)


@pytest.mark.parametrize("new_format", [True, False])
def test_a_pickle_that_runs_code_is_refused_before_it_does(tmp_path, new_format):
    path, marker = tmp_path / "released.pt", tmp_path / "was-run"
    torch.save(
        {**released(), "extra": Payload(marker)}, path, _use_new_zipfile_serialization=new_format
    )
    with pytest.raises(CheckpointError, match=r"was not opened: it holds posix\.mkdir") as caught:
        read_released(path)
    assert "\n" not in str(caught.value)
    assert not marker.exists()


def test_the_old_pickle_format_is_read_as_well(tmp_path):
    torch.save(released(), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    old, new = read_released(tmp_path / "old.pt"), read_released(FULL)
    assert old.config == new.config
    assert all(np.array_equal(old.tensors[name], array) for name, array in new.tensors.items())


def test_another_networks_checkpoint_is_refused(tmp_path):
    assert "checkpoint: generator, encoder, discriminator, e_ema, train_args missing" in refusal(
        tmp_path, {"g_ema": {}, "latent_avg": torch.zeros(512)}
    )
    assert "checkpoint: generator, " in refusal(tmp_path, torch.zeros(3))


@pytest.mark.parametrize(
    ("network", "name"),
    [
        ("g_ema", "mapping_z.1.weight"),
        ("g_ema", "decoder.input.input"),
        ("g_ema", "decoder.convs.1.conv1.conv.gamma.bias"),
        ("g_ema", "decoder.convs.0.skip.1.kernel"),
        ("e_ema", "final_conv.0.weight"),
        ("discriminator", "convs.2.conv2.2.bias"),
    ],
)
def test_a_missing_tensor_is_named(tmp_path, network, name):
    content = released()
    del content[network][name]
    assert name in refusal(tmp_path, content)


@pytest.mark.parametrize("network", ["g_ema", "e_ema", "discriminator"])
def test_an_unexpected_tensor_is_named(tmp_path, network):
    content = released()
    content[network]["noises.0"] = torch.zeros(1)
    assert "unexpected: noises.0" in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("network", "name", "shape", "reason"),
    [
        ("g_ema", "decoder.conv1.conv.weight", (1, 16, 16, 1, 1), "of another shape"),
        ("g_ema", "decoder.conv1.conv.weight", (2, 16, 16, 3, 3), "of another shape"),
        ("g_ema", "decoder.conv1.conv.gamma.bias", (15,), "have different shapes"),
        ("g_ema", "decoder.input.input", (16,), "lacks axes"),
        ("g_ema", "decoder.input.input", (1, 16, 5, 5), "of another shape"),
        ("discriminator", "final_linear.0.weight", (16, 16), "of another shape"),
    ],
)
def test_another_shape_is_named(tmp_path, network, name, shape, reason):
    content = released()
    content[network][name] = torch.zeros(shape)
    assert reason in refusal(tmp_path, content)


def test_an_encoder_for_another_size_is_refused(tmp_path):
    content = released()
    content["e_ema"] = released(LIGHT)["e_ema"]
    assert "another architecture" in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("network", "name"),
    [
        ("g_ema", "decoder.convs.0.skip.1.kernel"),
        ("g_ema", "decoder.convs_latent.2.1.kernel"),
        ("e_ema", "convs.0.conv2.0.kernel"),
        ("discriminator", "convs.1.skip.0.kernel"),
    ],
)
def test_another_blur_kernel_is_refused(tmp_path, network, name):
    content = released()
    content[network][name] = torch.ones(4, 4) / 16
    assert f"{name} is not the blur kernel [1.0, 3.0, 3.0, 1.0]" in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("setting", "value"), [("normalize_mode", "PixelNorm"), ("lr_mul", "small")]
)
def test_a_setting_that_is_not_known_is_named(tmp_path, setting, value):
    content = released()
    setattr(content["train_args"], setting, value)
    assert f"train_args.{setting} is '{value}'" in refusal(tmp_path, content)


def test_values_that_are_no_tensors_are_refused(tmp_path):
    content = released()
    content["g_ema"]["decoder.input.input"] = [1, 2]
    assert "decoder.input.input is not a dense tensor" in refusal(tmp_path, content)
