"""Poisson blending solves its equation and meets the source at the border."""

import numpy as np
import pytest

from stylemapgan.editing.edit import Edit, Part
from stylemapgan.methods.baselines import PoissonBlending

SIZE = 12


def blend(source: np.ndarray, reference: np.ndarray, mask: np.ndarray) -> np.ndarray:
    method = PoissonBlending(SIZE)
    part = Part(reference=method.encode(reference), mask=mask)
    return method.decode(method.edit(method.encode(source), Edit(parts=(part,))))


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return tuple(random.uniform(-0.3, 0.3, (2, 1, 3, SIZE, SIZE)).astype(np.float32))


def box(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros((1, 1, SIZE, SIZE), np.float32)
    mask[..., rows, columns] = 1
    return mask


@pytest.mark.parametrize("mask", [box(np.s_[3:8], np.s_[4:9]), box(np.s_[6:], np.s_[:])])
def test_inside_the_laplacian_is_the_references_and_outside_is_the_source(pair, mask):
    source, reference = pair
    blended = blend(source, reference, mask)
    inside = mask[0, 0] > 0
    np.testing.assert_array_equal(blended[0][:, ~inside], source[0][:, ~inside])
    apart = blended.astype(np.float64) - reference
    for y, x in zip(*np.nonzero(inside), strict=True):
        near = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
        known = [(v, u) for v, u in near if 0 <= v < SIZE and 0 <= u < SIZE]
        mean = np.mean([apart[0, :, v, u] for v, u in known], axis=0)
        np.testing.assert_allclose(apart[0, :, y, x], mean, atol=1e-5)


def test_a_reference_that_is_only_brighter_disappears(pair):
    source, _ = pair
    blended = blend(source, source + 0.5, box(np.s_[2:9], np.s_[3:7]))
    np.testing.assert_allclose(blended, source, atol=1e-5)


def test_a_mask_without_a_border_copies(pair):
    source, reference = pair
    everything = np.ones((1, 1, SIZE, SIZE), np.float32)
    np.testing.assert_array_equal(blend(source, reference, everything), reference)
