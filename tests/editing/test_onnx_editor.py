"""What the ONNX editor adds to the contract: PyTorch's results, and words about damaged files."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import stylemapgan
from stylemapgan import zoo
from stylemapgan.editing import Editor, OnnxEditor
from stylemapgan.editing.photo import CroppedPhoto
from stylemapgan.errors import CheckpointError
from stylemapgan.images.levels import to_numpy


@pytest.fixture
def photos() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (2, 3, 32, 32)).astype(np.float32)


@pytest.fixture
def copied(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "copied")


def test_every_network_gives_what_pytorch_gives(networks, exported, photos):
    torch_editor, editor = Editor(networks), OnnxEditor.load(exported)
    stylemaps = editor.encode(photos)
    w_plus = editor.resize(stylemaps)
    for result, expected in [
        (stylemaps, torch_editor.encode(photos)),
        (editor.synthesize(w_plus), torch_editor.synthesize(w_plus)),
        (editor.features(w_plus), torch_editor.features(w_plus)),
        *zip(w_plus, torch_editor.resize(stylemaps), strict=True),
    ]:
        np.testing.assert_allclose(result, to_numpy(expected), atol=1e-4)


def test_seeds_mean_the_same_as_with_pytorch(networks, exported):
    torch_editor, editor = Editor(networks), OnnxEditor.load(exported)
    samples = to_numpy(torch_editor.sample(3, seed=5))
    np.testing.assert_allclose(editor.sample(3, seed=5), samples, atol=1e-4)
    mean = to_numpy(torch_editor.mean_stylemap)
    np.testing.assert_allclose(editor.mean_stylemap, mean, atol=1e-5)


@pytest.mark.parametrize("name", zoo.BUNDLED)
def test_bundled_models_give_what_pytorch_gives(name):
    torch_editor = Editor.load(name, precision="32-true")
    editor = stylemapgan.OnnxEditor.load(name)
    photo = CroppedPhoto.of_sample(zoo.sample_pictures(name)[0]).image(editor.image_size)
    expected = to_numpy(torch_editor.reconstruct(photo))
    np.testing.assert_allclose(editor.reconstruct(photo), expected, atol=1e-3)
    assert editor.config == torch_editor.config
    assert editor.typical_errors == torch_editor.typical_errors
    assert len(editor.typical_errors) == 11
    assert sorted(editor.typical_errors) == list(editor.typical_errors)


@pytest.mark.parametrize("name", ["faces-128", "hands-64"])
def test_sample_pictures_come_back_as_well_as_photos_do(name):
    editor = OnnxEditor.load(name)
    samples = [CroppedPhoto.of_sample(path) for path in zoo.sample_pictures(name)]
    pictures = [sample.image(editor.image_size) for sample in samples]
    errors = [np.square(editor.reconstruct(picture) - picture).mean() for picture in pictures]
    assert max(errors) < 1.1 * editor.typical_errors[-1]


def test_threads_may_share_an_editor(exported, photos):
    editor = OnnxEditor.load(exported, threads=1)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(editor.reconstruct, [photos] * 8))
    for result in results:
        np.testing.assert_array_equal(result, results[0])


def test_only_what_runs_is_opened(copied, photos):
    (copied / "mapping.onnx").unlink()
    editor = OnnxEditor.load(copied)
    editor.reconstruct(photos)
    with pytest.raises(CheckpointError, match=r"mapping\.onnx does not exist; write it"):
        editor.sample(1)


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_a_damaged_file_is_named(copied, photos, kept):
    path = copied / "encoder.onnx"
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if kept < 1 else kept])
    with pytest.raises(CheckpointError, match=r"encoder\.onnx") as caught:
        OnnxEditor.load(copied).encode(photos)
    assert "\n" not in str(caught.value)


def test_files_of_two_models_do_not_go_together(copied, photos):
    foreign = zoo.find_onnx("hands-64")
    assert foreign is not None
    shutil.copy(foreign / "encoder.onnx", copied / "encoder.onnx")
    with pytest.raises(
        CheckpointError, match=r"encoder\.onnx and its neighbours belong to different models"
    ):
        OnnxEditor.load(copied).encode(photos)


def test_a_network_under_another_name_is_refused(copied, photos):
    shutil.copy(copied / "mapping.onnx", copied / "encoder.onnx")
    with pytest.raises(CheckpointError, match=r"encoder\.onnx holds another network: mapping"):
        OnnxEditor.load(copied).encode(photos)


def test_what_is_no_exported_model_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"no exported model .*\(faces-128"):
        OnnxEditor.load(tmp_path)
