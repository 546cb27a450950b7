"""Shrinking averages, enlarging keeps averages, and sizes that do not fit are refused."""

import numpy as np
import pytest

from stylemapgan.errors import ImageError
from stylemapgan.images.resizing import enlarge, shrink


def test_shrinking_averages_squares():
    values = np.random.default_rng(0).normal(size=(2, 3, 6, 6)).astype(np.float32)
    small = shrink(values, 2)
    for y in range(2):
        for x in range(2):
            square = values[..., 3 * y : 3 * y + 3, 3 * x : 3 * x + 3]
            np.testing.assert_allclose(small[..., y, x], square.mean(axis=(2, 3)), atol=1e-6)


def test_enlarging_goes_smoothly_through_a_ramp():
    ramp = np.linspace(-1, 1, 16, dtype=np.float32)[None, None, None, :].repeat(16, axis=2)
    large = enlarge(ramp, 64)
    steps = np.diff(large[0, 0, 20, 16:-16])
    np.testing.assert_allclose(steps, (2 / 15) / 4, rtol=1e-3)


def test_pictures_of_that_size_stay_the_same_array():
    values = np.zeros((1, 3, 4, 4), np.float32)
    assert shrink(values, 4) is values
    assert enlarge(values, 4) is values


def test_a_size_that_does_not_fit_is_refused():
    with pytest.raises(ImageError, match=r"100 pixels do not shrink to 64.*such as 128"):
        shrink(np.zeros((1, 1, 100, 100), np.float32), 64)
