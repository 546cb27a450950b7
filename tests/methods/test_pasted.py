"""Methods take photos larger than the model's pictures, and paste at their resolution."""

import numpy as np
import pytest

from stylemapgan.editing.edit import Edit, Part
from stylemapgan.editing.photo import CroppedPhoto, paste_back
from stylemapgan.images.levels import from_bytes, to_bytes, to_numpy
from stylemapgan.images.resizing import enlarge, shrink
from stylemapgan.methods.baselines import CopyPixels
from stylemapgan.methods.pasted import DetailedInWPlus, PastedInWPlus
from stylemapgan.methods.stylemapgan.editing import StylemapInWPlus

SIZE, LARGE = 32, 96


@pytest.fixture(scope="module")
def large() -> np.ndarray:
    """Two photos three times as large as the model's pictures, with grain."""
    coarse = np.random.default_rng(0).uniform(-0.8, 0.8, (2, 3, 4, 4)).astype(np.float32)
    grain = np.random.default_rng(1).uniform(-0.1, 0.1, (2, 3, LARGE, LARGE)).astype(np.float32)
    return from_bytes(to_bytes(enlarge(coarse, LARGE) + grain))


@pytest.fixture(scope="module")
def box() -> np.ndarray:
    values = np.zeros((1, 1, LARGE, LARGE), np.float32)
    values[..., 30:60, 30:66] = 1
    return values


def edited(method, photos, mask, shift=(0, 0)) -> np.ndarray:
    source, reference = (method.encode(photos[row : row + 1]) for row in (0, 1))
    part = Part(reference=reference, mask=mask, shift=shift)
    return to_numpy(method.decode(method.edit(source, Edit(parts=(part,)))))


@pytest.mark.parametrize("method", [PastedInWPlus, DetailedInWPlus])
def test_it_is_what_paste_back_gives(editor, large, box, method):
    source, reference = (CroppedPhoto.of_image(large[row : row + 1]) for row in (0, 1))
    edit = Edit(parts=(Part(reference=reference, mask=shrink(box, SIZE)),))
    wanted = paste_back(
        source.photo,
        source.square,
        editor.reconstruct(shrink(large[:1], SIZE)),
        editor.edit(shrink(large[:1], SIZE), edit_of_images(large, box)),
        shrink(box, SIZE),
        references=editor.placed_references(edit) if method.takes_detail else (),
    )
    found = to_bytes(edited(method.open(editor), large, box))[0]
    assert np.abs(found - np.asarray(wanted.pixels).astype(int)).max() <= 1


def edit_of_images(large, box) -> Edit:
    return Edit(parts=(Part(reference=shrink(large[1:], SIZE), mask=shrink(box, SIZE)),))


def test_far_from_the_mask_every_pixel_is_the_photos(editor, large, box):
    found = edited(DetailedInWPlus.open(editor), large, box)
    np.testing.assert_array_equal(found[..., 75:], large[:1, ..., 75:])
    assert np.abs(found - large[:1])[..., 40:50, 40:56].max() > 0.1


def test_a_models_own_output_keeps_its_size(editor, large, box):
    found = edited(StylemapInWPlus.open(editor), large, box)
    wanted = editor.edit(shrink(large[:1], SIZE), edit_of_images(large, box))
    np.testing.assert_allclose(found, to_numpy(wanted), atol=1e-5)


def test_copied_pixels_have_the_photos_size_and_shifts_are_the_models_pixels(large, box):
    found = edited(CopyPixels(SIZE), large, box, shift=(2, -3))
    wanted = large[:1].copy()
    wanted[..., 36:66, 21:57] = large[1:, ..., 30:60, 30:66]
    np.testing.assert_array_equal(found, wanted)


def test_a_mask_of_the_models_size_fits_larger_photos(large, box):
    small = np.zeros((1, 1, SIZE, SIZE), np.float32)
    small[..., 10:20, 10:22] = 1
    found = edited(CopyPixels(SIZE), large, small)
    np.testing.assert_array_equal(found, edited(CopyPixels(SIZE), large, box))
