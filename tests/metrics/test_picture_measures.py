"""Measures of pairs of pictures agree with naive loops and closed forms."""

import math

import numpy as np
import pytest
import torch

from stylemapgan.errors import ImageError
from stylemapgan.metrics.pictures import SCALE_WEIGHTS, ms_ssim, mse, psnr, scale_weights, ssim


def noisy_pair(side: int, seed: int = 0, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    randomness = np.random.default_rng(seed)
    one = randomness.uniform(-1, 1, (2, 3, side, side + 3))
    other = np.clip(one + randomness.normal(0, noise, one.shape), -1, 1)
    return one.astype(np.float32), other.astype(np.float32)


def window_statistics(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float, float, float]:
    """Weighted means, variances and covariance of one 11x11 window, value by value."""
    weights = {
        (y, x): math.exp(-((y - 5) ** 2 + (x - 5) ** 2) / (2 * 1.5**2))
        for y in range(11)
        for x in range(11)
    }
    total = sum(weights.values())
    mean_a = sum(w * a[at] for at, w in weights.items()) / total
    mean_b = sum(w * b[at] for at, w in weights.items()) / total
    variance_a = sum(w * (a[at] - mean_a) ** 2 for at, w in weights.items()) / total
    variance_b = sum(w * (b[at] - mean_b) ** 2 for at, w in weights.items()) / total
    covariance = sum(w * (a[at] - mean_a) * (b[at] - mean_b) for at, w in weights.items()) / total
    return mean_a, mean_b, variance_a, variance_b, covariance


def naive_factors(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Mean SSIM and mean contrast-structure of one colour, window by window, as published."""
    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    similarities, contrasts = [], []
    for y in range(a.shape[0] - 10):
        for x in range(a.shape[1] - 10):
            window = (slice(y, y + 11), slice(x, x + 11))
            mean_a, mean_b, var_a, var_b, covariance = window_statistics(a[window], b[window])
            contrast = (2 * covariance + c2) / (var_a + var_b + c2)
            brightness = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
            contrasts.append(contrast)
            similarities.append(brightness * contrast)
    return sum(similarities) / len(similarities), sum(contrasts) / len(contrasts)


def halved(plane: np.ndarray) -> np.ndarray:
    """Average 2x2 pixels one by one; an odd last row or column falls away."""
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    small = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            pixels = [plane[2 * y + i, 2 * x + j] for i in (0, 1) for j in (0, 1)]
            small[y, x] = sum(pixels) / 4
    return small


def test_mse_and_psnr_are_those_of_a_naive_loop():
    one, other = noisy_pair(12)
    for index in range(2):
        pairs = zip(one[index].ravel().tolist(), other[index].ravel().tolist(), strict=True)
        squared = [(a - b) ** 2 for a, b in pairs]
        expected = sum(squared) / len(squared)
        assert mse(one, other)[index] == pytest.approx(expected, rel=1e-12)
        assert psnr(one, other)[index] == pytest.approx(10 * math.log10(4 / expected), rel=1e-12)


def test_psnr_is_that_of_the_pictures_as_bytes_and_infinite_for_equal_ones():
    one, other = np.full((1, 3, 4, 4), -1.0), np.full((1, 3, 4, 4), -1 + 10 / 127.5)
    assert psnr(one, other)[0] == pytest.approx(20 * math.log10(255 / 10), rel=1e-6)
    assert psnr(one, one)[0] == math.inf


def test_ssim_is_that_of_a_naive_loop_over_windows():
    one, other = noisy_pair(14)
    expected = [
        np.mean([naive_factors(a, b)[0] for a, b in zip(*pair, strict=True)])
        for pair in zip(one.astype(float), other.astype(float), strict=True)
    ]
    np.testing.assert_allclose(ssim(one, other), expected, rtol=1e-9)


def test_ssim_of_flat_pictures_follows_the_closed_form():
    one, other = np.full((1, 3, 16, 16), 0.5), np.full((1, 3, 16, 16), 0.25)
    expected = (2 * 0.5 * 0.25 + 4e-4) / (0.5**2 + 0.25**2 + 4e-4)
    assert ssim(one, other)[0] == pytest.approx(expected, rel=1e-9)
    assert ms_ssim(one, other)[0] == pytest.approx(expected, rel=1e-9)  # one scale has room


def test_ms_ssim_is_that_of_a_naive_loop_over_scales():
    one, other = noisy_pair(23)  # room for two scales
    weights = [0.0448 / (0.0448 + 0.2856), 0.2856 / (0.0448 + 0.2856)]
    expected = []
    for pictures in zip(one.astype(float), other.astype(float), strict=True):
        products = []
        for a, b in zip(*pictures, strict=True):
            contrast = max(naive_factors(a, b)[1], 0)
            similarity = max(naive_factors(halved(a), halved(b))[0], 0)
            products.append(contrast ** weights[0] * similarity ** weights[1])
        expected.append(np.mean(products))
    np.testing.assert_allclose(ms_ssim(one, other), expected, rtol=1e-9)


def test_small_pictures_have_fewer_scales_whose_weights_sum_to_1():
    counts = {side: len(scale_weights(side, side)) for side in (21, 22, 43, 44, 87, 88, 175, 176)}
    assert list(counts.values()) == [1, 2, 2, 3, 3, 4, 4, 5]
    np.testing.assert_allclose(scale_weights(64, 300), np.array(SCALE_WEIGHTS[:3]) / 0.6305)
    assert len(scale_weights(1024, 1024)) == 5


@pytest.mark.parametrize("measure", [ssim, ms_ssim])
def test_equal_pictures_score_1_and_noise_lowers_the_score(measure):
    one, slight = noisy_pair(48, noise=0.05)
    _, strong = noisy_pair(48, noise=0.5)
    np.testing.assert_allclose(measure(one, one), 1.0)
    assert (measure(one, strong) < measure(one, slight)).all()
    assert (measure(one, slight) < 1).all()


@pytest.mark.parametrize("measure", [mse, psnr, ssim, ms_ssim])
def test_a_pair_scores_the_same_alone_swapped_and_as_tensors(measure):
    one, other = noisy_pair(32)
    together = measure(one, other)
    alone = np.concatenate([measure(one[i : i + 1], other[i : i + 1]) for i in range(2)])
    assert together.dtype == np.float64
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_allclose(measure(other, one), together, rtol=1e-12)
    np.testing.assert_array_equal(measure(torch.from_numpy(one), torch.from_numpy(other)), together)


def test_pictures_smaller_than_a_window_are_refused():
    with pytest.raises(ImageError, match="at least 11x11 pixels, got 11x10"):
        ssim(np.zeros((1, 3, 11, 10)), np.zeros((1, 3, 11, 10)))
