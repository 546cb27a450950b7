"""Edits of stylemaps keep the promises their docstrings make."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from stylemapgan.editing import operations
from stylemapgan.editing.mask_cells import shrink_by_max, soften
from stylemapgan.errors import EditError

RESOLUTIONS = (4, 4, 8, 8, 16, 16, 32, 32)
SIZE = 32


def random_w_plus(seed: int, batch: int = 2) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [
        random.standard_normal((batch, 3 + r % 3, r, r)).astype(np.float32) for r in RESOLUTIONS
    ]


@pytest.fixture
def source() -> list[np.ndarray]:
    return random_w_plus(seed=1)


@pytest.fixture
def reference() -> list[np.ndarray]:
    return random_w_plus(seed=2)


@pytest.fixture
def hard_mask() -> np.ndarray:
    mask = np.zeros((1, 1, SIZE, SIZE), np.float32)
    mask[..., 3:21, 9:30] = 1
    return mask


@pytest.fixture
def soft_mask() -> np.ndarray:
    return np.random.default_rng(3).random((2, 1, SIZE, SIZE), np.float32)


def as_torch(value: Any) -> Any:
    return [as_torch(one) for one in value] if isinstance(value, list) else torch.tensor(value)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "blend": lambda a, b, mask: operations.blend(a[0], b[0], mask),
    "blend_w_plus": operations.blend_w_plus,
    "transplant": lambda a, b, mask: operations.transplant(a, b, mask, (-9, 5), 0.6),
    "transplant, faded": lambda a, b, mask: operations.transplant(a, b, mask, fade=2),
    "mix": lambda a, b, mask: operations.mix(a, b),
    "interpolate": lambda a, b, mask: operations.interpolate(a[0], b[0], 0.3),
    "truncate": lambda a, b, mask: operations.truncate(a[0], b[0][:1], 0.7),
}


@pytest.mark.parametrize("edit", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_numpy_and_torch_agree(edit, source, reference, soft_mask):
    with_numpy = edit(source, reference, soft_mask)
    with_torch = edit(as_torch(source), as_torch(reference), as_torch(soft_mask))

    assert isinstance(with_numpy[0], np.ndarray)
    assert with_numpy[0].dtype == np.float32
    for ours, theirs in zip(with_numpy, with_torch, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("edit", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_inputs_are_left_alone(edit, source, reference, soft_mask):
    before = [array.copy() for array in (*source, *reference, soft_mask)]
    edit(source, reference, soft_mask)
    for array, copy in zip((*source, *reference, soft_mask), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("edit", [operations.blend_w_plus, operations.transplant])
def test_gradients_reach_stylemaps_and_masks(edit, source, reference, soft_mask):
    inputs = [
        [leaf.requires_grad_() for leaf in as_torch(w_plus)] for w_plus in (source, reference)
    ]
    mask = as_torch(soft_mask).requires_grad_()
    torch.stack([edited.square().sum() for edited in edit(*inputs, mask)]).sum().backward()
    for leaf in (*inputs[0], *inputs[1], mask):
        assert leaf.grad.abs().sum() > 0


def test_a_cell_takes_the_largest_mask_value_among_its_pixels(soft_mask):
    shrunk = shrink_by_max(soft_mask, 4, 8)
    for index in np.ndindex(2, 1, 4, 8):
        image, _, row, column = index
        pixels = soft_mask[image, 0, row * 8 : row * 8 + 8, column * 4 : column * 4 + 4]
        assert shrunk[index] == pixels.max()


def test_blend_copies_exactly_the_masked_cells(source, reference):
    mask = np.zeros((1, 1, SIZE, SIZE), np.float32)
    mask[..., :16, :] = 1  # upper half of the image: rows 0 and 1 of the stylemap

    edited = operations.blend(source[0], reference[0], mask)

    np.testing.assert_array_equal(edited[..., :2, :], reference[0][..., :2, :])
    np.testing.assert_array_equal(edited[..., 2:, :], source[0][..., 2:, :])


def test_blend_in_w_plus_follows_the_mask_at_every_resolution(source, reference, hard_mask):
    edited = operations.blend_w_plus(source, reference, hard_mask)
    for result, ours, theirs in zip(edited, source, reference, strict=True):
        cells = SIZE // result.shape[-1]
        for row, column in np.ndindex(result.shape[-2:]):
            pixels = hard_mask[0, 0, row * cells :, column * cells :][:cells, :cells]
            expected = theirs if pixels.any() else ours
            np.testing.assert_array_equal(result[..., row, column], expected[..., row, column])


def naive_transplant(ours, theirs, mask, shift, strength):
    """Cell by cell: average, threshold, move, cut."""
    edited = ours.copy()
    rows = ours.shape[-1]
    cells = SIZE // rows
    down, right = (int(np.trunc(step * rows / SIZE)) for step in shift)
    for row, column in np.ndindex(rows, rows):
        pixels = mask[0, 0, row * cells :, column * cells :][:cells, :cells]
        to = row + down, column + right
        if pixels.mean() > 0.5 and 0 <= to[0] < rows and 0 <= to[1] < rows:
            taken = theirs[..., row, column]
            edited[(..., *to)] += strength * (taken - ours[(..., *to)])
    return edited


@pytest.mark.parametrize("shift", [(8, -8), (-5, 13), (7, 7), (-40, 0), (0, 31)])
@pytest.mark.parametrize("strength", [1.0, 0.25])
def test_transplant_moves_cells_as_a_loop_would(source, reference, hard_mask, shift, strength):
    edited = operations.transplant(source, reference, hard_mask, shift, strength)
    for result, ours, theirs in zip(edited, source, reference, strict=True):
        expected = naive_transplant(ours, theirs, hard_mask, shift, strength)
        np.testing.assert_allclose(result, expected, atol=1e-6)


@pytest.mark.parametrize("strength", [1.0, 0.3])
def test_a_transplant_that_does_not_move_is_a_blend(source, reference, hard_mask, strength):
    soft_mask = hard_mask * np.linspace(0, 1, SIZE, dtype=np.float32)
    moved = operations.transplant(source, reference, soft_mask, (0, 0), strength)
    blended = operations.blend_w_plus(source, reference, strength * soft_mask)
    for ours, theirs in zip(moved, blended, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_nothing_wraps_around_the_border():
    maps = np.ones((1, 1, 4, 4), np.float32)
    moved = operations.move(maps, (3, -1))
    expected = np.zeros_like(maps)
    expected[..., 3, :3] = 1
    np.testing.assert_array_equal(moved, expected)


def test_a_soft_mask_transplants_like_a_weaker_hard_one(source, reference, hard_mask):
    soft = operations.transplant(source, reference, 0.25 * hard_mask, (4, 4))
    weak = operations.transplant(source, reference, hard_mask, (4, 4), strength=0.25)
    for ours, theirs in zip(soft, weak, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_softened_border_has_binomial_weights(hard_mask):
    """Pascal's triangle: 1 of 16, 5, 11 and 15, across a straight border."""
    row = soften(hard_mask, 2)[0, 0, 12, 6:13]
    np.testing.assert_array_equal(row * 16, [0, 1, 5, 11, 15, 16, 16])
    np.testing.assert_array_equal(soften(hard_mask, 1)[0, 0, 12, 7:11] * 4, [0, 1, 3, 4])
    np.testing.assert_array_equal(soften(hard_mask, 0), hard_mask)
    np.testing.assert_array_equal(soften(np.ones_like(hard_mask), 3), np.ones_like(hard_mask))


def test_a_softened_mask_is_the_same_turned_or_mirrored(soft_mask):
    softened = soften(soft_mask, 2)
    np.testing.assert_allclose(soften(soft_mask[..., ::-1], 2), softened[..., ::-1], rtol=1e-6)
    turned = soft_mask.swapaxes(-1, -2)
    np.testing.assert_allclose(soften(turned, 2), softened.swapaxes(-1, -2), rtol=1e-6)


def test_a_border_fades_by_pixels_so_coarse_cells_stay_hard(source, reference, hard_mask):
    hard = operations.transplant(source, reference, hard_mask)
    faded = operations.transplant(source, reference, hard_mask, fade=2)
    reach = {4: 0, 8: 0, 16: 1, 32: 2}  # cells: two pixels at full resolution, one at half of it
    for one, other, resolution in zip(hard, faded, RESOLUTIONS, strict=True):
        inside = shrink_by_max(hard_mask, resolution, resolution)
        differs = (one != other).any(axis=(0, 1))
        near = soften(inside, reach[resolution])[0, 0]
        np.testing.assert_array_equal(differs, (near > 0) & (near < 1))


def test_a_faded_transplant_that_moves_fades_where_it_lands(source, reference, hard_mask):
    still = operations.transplant(source, reference, hard_mask, fade=2, strength=0.5)
    moved = operations.transplant(source, reference, hard_mask, (0, 1), 0.5, fade=2)
    weight = 0.5 * operations.move(soften(hard_mask, 2), (0, 1))
    expected = source[-1] + weight * (operations.move(reference[-1], (0, 1)) - source[-1])
    np.testing.assert_allclose(moved[-1], expected, rtol=1e-5, atol=1e-6)
    assert not np.array_equal(moved[-1], still[-1])


def test_mix_takes_the_coarsest_resolution_from_the_first(source, reference):
    mixed = operations.mix(source, reference)
    for result, expected in zip(mixed, [*source[:2], *reference[2:]], strict=True):
        np.testing.assert_array_equal(result, expected)


def test_mix_repeats_a_single_picture(source, reference):
    mixed = operations.mix([stylemap[:1] for stylemap in source], reference)
    assert {len(stylemap) for stylemap in mixed} == {2}


def test_interpolation_starts_and_ends_exactly(source, reference):
    start, end = source[0], reference[0]
    np.testing.assert_array_equal(operations.interpolate(start, end, 0.0), start)
    np.testing.assert_array_equal(operations.interpolate(start, end, 1.0), end)


def test_truncation_scales_the_distance_to_the_mean(source, reference):
    mean = reference[0][:1]
    truncated = operations.truncate(source[0], mean, 0.7)
    np.testing.assert_allclose(truncated - mean, 0.7 * (source[0] - mean), atol=1e-6)


def test_a_mask_that_does_not_fit_is_explained(source, reference):
    mask = np.ones((1, 1, 30, 30), np.float32)
    with pytest.raises(EditError, match="30x30 pixels does not fit a stylemap of 4x4 cells"):
        operations.blend(source[0], reference[0], mask)


def test_stylemaps_of_two_models_are_refused(source, reference, hard_mask):
    with pytest.raises(EditError, match="4x4 cells with 4 channels and 8x8 cells with 5 channels"):
        operations.blend(source[0], source[2], hard_mask)
    with pytest.raises(EditError, match="8 and 6 resized stylemaps"):
        operations.mix(source, reference[:6])
