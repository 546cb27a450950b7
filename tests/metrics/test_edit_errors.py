"""Measures of edits agree with naive loops, and do not depend on how pictures are batched."""

import math

import numpy as np
import pytest
import torch

from stylemapgan.metrics.edit_errors import (
    Shares,
    join,
    part_overlap,
    reference_errors,
    seam_visibility,
    sharpness,
    source_errors,
)
from stylemapgan.metrics.intervals import ratio_interval

SIDE = 8
COUNT = 7


def random_edits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Edited, source, reference, and masks that cover more and more of the picture."""
    randomness = np.random.default_rng(0)
    edited, source, reference = randomness.uniform(-1, 1, (3, COUNT, 3, SIDE, SIDE))
    masks = np.zeros((COUNT, 1, SIDE, SIDE))
    for index in range(COUNT):
        masks[index, :, : index + 1, 2:] = 1
    return edited, source, reference, masks


def naive_error(edited: np.ndarray, wanted: np.ndarray, weights: np.ndarray) -> float:
    total, values = 0.0, 0.0
    for n in range(COUNT):
        for c in range(3):
            for y in range(SIDE):
                for x in range(SIDE):
                    squared = (edited[n, c, y, x] - wanted[n, c, y, x]) ** 2
                    total += weights[n, 0, y, x] * squared
                    values += weights[n, 0, y, x]
    return total / values


def naive_steps(images: np.ndarray, masks: np.ndarray) -> float:
    total = 0.0
    for n in range(COUNT):
        for y in range(SIDE):
            for x in range(SIDE):
                for j, i in ((y + 1, x), (y, x + 1)):
                    if j < SIDE and i < SIDE and masks[n, 0, y, x] != masks[n, 0, j, i]:
                        total += math.dist(images[n, :, y, x], images[n, :, j, i])
    return total


def test_errors_are_those_of_a_naive_loop_over_all_masked_pixels():
    edited, source, reference, masks = random_edits()
    soft = masks * 0.75 + 0.1
    for mask in (masks, soft):
        outside = naive_error(edited, source, 1 - mask)
        inside = naive_error(edited, reference, mask)
        assert source_errors(edited, source, mask).value == pytest.approx(outside, rel=1e-6)
        assert reference_errors(edited, reference, mask).value == pytest.approx(inside, rel=1e-6)


def test_seam_visibility_is_that_of_a_naive_loop_over_neighbours():
    edited, source, reference, masks = random_edits()
    photos = (naive_steps(source, masks) + naive_steps(reference, masks)) / 2
    expected = naive_steps(edited, masks) / photos
    found = seam_visibility(edited, source, reference, masks)
    assert found.value == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_figures_do_not_depend_on_the_batch_size(size):
    edited, source, reference, masks = random_edits()
    measures = {
        "source": lambda rows: source_errors(edited[rows], source[rows], masks[rows]),
        "reference": lambda rows: reference_errors(edited[rows], reference[rows], masks[rows]),
        "seam": lambda rows: seam_visibility(
            edited[rows], source[rows], reference[rows], masks[rows]
        ),
        "part": lambda rows: part_overlap(masks[rows], masks[::-1][rows]),
    }
    for measure in measures.values():
        whole = measure(slice(None))
        batches = [measure(slice(start, start + size)) for start in range(0, COUNT, size)]
        assert join(batches).value == whole.value
        assert join(batches[::-1]).value == whole.value
        np.testing.assert_array_equal(join(batches).each, whole.each)


def test_pasting_pixels_is_perfect_on_both_sides_and_its_seam_is_seen():
    randomness = np.random.default_rng(1)
    source = np.full((3, 3, 16, 16), -0.5) + randomness.normal(0, 0.02, (3, 3, 16, 16))
    reference = source + 0.9
    mask = np.zeros((1, 1, 16, 16))
    mask[..., 4:12, 4:12] = 1
    pasted = np.where(mask > 0, reference, source)
    assert source_errors(pasted, source, mask).value == 0
    assert reference_errors(pasted, reference, mask).value == 0
    assert seam_visibility(pasted, source, reference, mask).value > 10
    assert seam_visibility(source, source, source, mask).value == pytest.approx(1)
    flat = np.zeros_like(source)
    assert seam_visibility(flat, source, reference, mask).value == 0


def test_half_and_half_counts_one_border_and_a_full_mask_none():
    ramp = np.broadcast_to(np.linspace(-1, 1, 8), (1, 3, 8, 8))
    half = np.zeros((1, 1, 8, 8))
    half[..., 4:] = 1
    shares = seam_visibility(ramp, ramp, ramp, half)
    assert shares.numerators[0] == pytest.approx(8 * math.sqrt(3) * 2 / 7, rel=1e-6)
    everything = seam_visibility(ramp, ramp, ramp, np.ones((1, 1, 8, 8)))
    assert everything.denominators[0] == 0
    assert math.isnan(everything.value)
    assert math.isnan(source_errors(ramp, ramp, np.ones((1, 1, 8, 8))).value)


def test_overlap_of_parts_counts_pixels():
    found, true = np.zeros((3, 1, 4, 4)), np.zeros((3, 1, 4, 4))
    found[0, :, :2], true[0, :, 1:3] = 1, 1  # 4 shared of 12
    found[1, :, :2], true[1, :, :2] = 1, 1  # 8 of 8; the third picture has no such part
    shares = part_overlap(found, true)
    assert shares.value == pytest.approx(12 / 20)
    np.testing.assert_allclose(shares.each, [1 / 3, 1, np.nan])


def test_tensors_measure_like_arrays_and_intervals_come_along():
    edited, source, _, masks = random_edits()
    shares = source_errors(edited, source, masks)
    tensors = source_errors(*(torch.from_numpy(each) for each in (edited, source, masks)))
    assert tensors.value == shares.value
    estimate = shares.estimate()
    assert estimate == ratio_interval(shares.numerators, shares.denominators)
    assert estimate.low < shares.value < estimate.high
    assert estimate.count == COUNT


def test_a_sum_is_exact_whatever_the_order():
    values = np.array([1e16, 1.0, -1e16, 1.0])
    assert Shares(values, np.ones(4)).value == Shares(values[::-1], np.ones(4)).value == 0.5


def test_sharpness_is_that_of_a_naive_loop_and_looks_inside_only():
    random = np.random.default_rng(0)
    edited, reference = random.uniform(-1, 1, (2, 1, 3, 7, 7))
    mask = np.zeros((1, 1, 7, 7))
    mask[..., 2:5, 1:5] = 1
    totals = []
    for picture in (edited, reference):
        total = 0.0
        for y in range(2, 5):
            for x in range(1, 5):
                for v, u in ((y + 1, x), (y, x + 1)):
                    if mask[0, 0, v, u]:
                        total += np.linalg.norm(picture[0, :, y, x] - picture[0, :, v, u])
        totals.append(total)
    assert sharpness(edited, reference, mask).value == pytest.approx(totals[0] / totals[1])
    other = np.where(mask > 0, edited, 9.0)
    assert sharpness(other, reference, mask).value == pytest.approx(totals[0] / totals[1])
    assert sharpness(reference / 2, reference, mask).value == pytest.approx(0.5)
