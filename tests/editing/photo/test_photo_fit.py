"""A model tells photos of its kind from others."""

import numpy as np
import pytest

from stylemapgan import images, zoo
from stylemapgan.editing import AbstractEditor, open_editor
from stylemapgan.editing.photo import Fit, fit
from stylemapgan.errors import EditError


@pytest.fixture(scope="module")
def editor():
    if zoo.find_onnx("hands-64") is None:
        pytest.skip("hands-64 is not exported")
    return open_editor("hands-64", engine="onnx")


def fit_of(editor: AbstractEditor, image: np.ndarray) -> Fit:
    return fit(image, editor.reconstruct(image), editor.typical_errors)


def test_photos_of_hands_fit_a_model_of_hands(editor, hands):
    files = sorted((hands / "val").iterdir())[::21]
    fits = [fit_of(editor, images.read(file, editor.image_size)) for file in files]
    assert sum(found.verdict == "good" for found in fits) >= 0.8 * len(fits)
    assert not any(found.verdict == "outside" for found in fits)


def test_the_share_is_where_the_error_lies_among_typical_ones(editor, hands):
    photo = images.read(sorted((hands / "val").iterdir())[0], editor.image_size)
    found = fit_of(editor, photo)
    assert found.share is not None
    typical = editor.typical_errors
    below = sum(quantile <= found.error for quantile in typical)
    assert found.share == pytest.approx(1 - (below - 0.5) / 10, abs=0.051)
    difference = editor.reconstruct(photo) - photo
    assert found.error == pytest.approx(float((difference**2).mean()), rel=1e-5)
    assert f"better than {round(100 * found.share)}" in found.message


@pytest.mark.parametrize("level", [-1.0, 0.0, 0.4, 1.0])
def test_an_even_wall_is_no_hand_though_its_error_is_small(editor, level):
    wall = np.full((1, 3, 64, 64), level, np.float32)
    assert fit_of(editor, wall).verdict == "outside"


def test_noise_is_outside(editor, random):
    noise = random.uniform(-1, 1, (1, 3, 64, 64)).astype(np.float32)
    found = fit_of(editor, noise)
    assert found.verdict == "outside"
    assert found.share == 0
    assert "worse than any" in found.message
    assert "\n" not in found.message


def test_a_model_nobody_measured_says_so(exported):
    unknown = open_editor(exported)
    found = fit_of(unknown, np.zeros((1, 3, 32, 32), np.float32))
    assert (found.share, found.verdict, found.message) == (None, "unknown", "")


def test_several_photos_at_once_are_refused(editor):
    with pytest.raises(EditError, match="one picture at a time"):
        fit_of(editor, np.zeros((2, 3, 64, 64), np.float32))
