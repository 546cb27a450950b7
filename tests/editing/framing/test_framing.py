"""A framing is a linear function of stylemaps, learned from known offsets, and a file."""

import numpy as np
import pytest

from stylemapgan import zoo
from stylemapgan.checkpoints.file import write_tensors
from stylemapgan.editing.framing import Framing, read_framing, write_framing
from stylemapgan.editing.framing.framing import FORMAT, learn
from stylemapgan.errors import CheckpointError, EditError


def ridge(inputs: np.ndarray, outputs: np.ndarray, penalty: float) -> np.ndarray:
    """Predict the inputs' own outputs, by the textbook's formula in float64."""
    standard = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    gram = standard.T @ standard + penalty * len(inputs) * np.eye(inputs.shape[1])
    weights = np.linalg.inv(gram) @ standard.T @ (outputs - outputs.mean(axis=0))
    return standard @ weights + outputs.mean(axis=0)


@pytest.mark.parametrize("count", [60, 12])
def test_few_and_many_squares_are_learned_by_the_same_formula(count):
    random = np.random.default_rng(0)
    stylemaps = random.normal(3, 2, (count, 2, 4, 4))
    offsets = random.normal(size=(count, 4))
    learned = learn(stylemaps.reshape(count, -1), offsets, "face", 0.1)
    expected = ridge(stylemaps.reshape(count, -1), offsets, 0.1)
    np.testing.assert_allclose(learned.offsets(stylemaps), expected, atol=1e-4)


@pytest.fixture
def framing() -> Framing:
    random = np.random.default_rng(0)
    weights, bias = random.normal(size=(32, 4)), random.normal(size=4)
    return Framing(find="face", weights=weights.astype("f4"), bias=bias.astype("f4"))


def test_a_file_gives_the_same_framing_back(framing, tmp_path):
    write_framing(tmp_path / "f.safetensors", framing)
    again = read_framing(tmp_path / "f.safetensors")
    assert again.find == "face"
    np.testing.assert_array_equal(again.weights, framing.weights)
    np.testing.assert_array_equal(again.bias, framing.bias)


def test_a_framing_of_another_model_is_refused(framing):
    with pytest.raises(EditError, match="have 32 numbers, these have 64"):
        framing.offsets(np.zeros((1, 4, 4, 4), "f4"))


@pytest.mark.parametrize(
    ("changes", "metadata", "message"),
    [
        ({}, {"format": "stylemapgan-parts-1"}, "does not hold a framing"),
        ({"weights": np.zeros((32, 3), "f4")}, {}, "contents are invalid"),
        ({"bias": np.full(4, np.nan, "f4")}, {}, "contents are invalid"),
        ({}, {"find": "nose"}, "'nose' is none of middle, foreground, face"),
    ],
)
def test_files_of_something_else_are_refused(framing, tmp_path, changes, metadata, message):
    file = tmp_path / "f.safetensors"
    tensors = {"weights": framing.weights, "bias": framing.bias, **changes}
    write_tensors(file, "framing", tensors, {"format": FORMAT, "find": "face", **metadata})
    with pytest.raises(CheckpointError, match=message):
        read_framing(file)


def test_a_framing_lies_beside_its_model(tmp_path):
    model, folder = tmp_path / "mine.safetensors", tmp_path / "exported"
    folder.mkdir()
    model.touch()
    assert zoo.framing_file(model) is zoo.framing_file(folder) is None
    assert zoo.framing_file("hands-64") is None
    beside, inside = tmp_path / "mine.framing.safetensors", folder / "framing.safetensors"
    beside.touch()
    inside.touch()
    assert zoo.framing_file(model) == beside
    assert zoo.framing_file(folder) == inside
