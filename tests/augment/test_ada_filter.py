"""Bands are what they say, and together they are everything."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from stylemapgan.augment.ada_filter import POWER, amplify, draw_gains, filter_bands, filter_bank

P = 0.3


def test_the_bands_sum_to_a_filter_that_changes_nothing():
    bank = filter_bank()
    delta = torch.zeros(bank.shape[1], dtype=torch.float64)
    delta[bank.shape[1] // 2] = 1
    torch.testing.assert_close(bank.sum(dim=0), delta, atol=1e-12, rtol=0)


def test_gains_of_one_change_nothing_and_equal_gains_scale():
    images = torch.randn(2, 3, 24, 24)
    torch.testing.assert_close(amplify(images, torch.ones(2, 4)), images, atol=1e-5, rtol=0)
    doubled = amplify(images, torch.full((2, 4), 2.0))  # once along columns, once along rows
    torch.testing.assert_close(doubled, 4 * images, atol=1e-4, rtol=0)


def test_each_band_passes_its_own_frequencies():
    bank = filter_bank().numpy()
    taps = np.arange(bank.shape[1]) - bank.shape[1] // 2
    edges = [0, np.pi / 8, np.pi / 4, np.pi / 2, np.pi]
    for band, (low, high) in enumerate(pairwise(edges)):
        frequencies = np.linspace(low, high, 21)[5:16]
        responses = bank @ np.cos(np.outer(taps, frequencies))  # filters are symmetric
        assert (responses.argmax(axis=0) == band).all()
    at_zero, at_nyquist = bank.sum(axis=1), bank @ (-1.0) ** taps
    np.testing.assert_allclose(at_zero, [1, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(at_nyquist, [0, 0, 0, 1], atol=1e-12)


@pytest.mark.parametrize("size", [12, 32])  # less and more than half a filter
def test_amplifying_is_convolution_of_the_mirrored_image(size):
    images = torch.randn(2, 3, size, size, dtype=torch.float64)
    gains = torch.tensor([[1.0, 0.5, 2.0, 1.5], [0.2, 1.0, 1.0, 3.0]])
    amplified = amplify(images, gains).numpy()
    margin = filter_bank().shape[1] // 2
    for image, result, gain in zip(images.numpy(), amplified, gains.double(), strict=True):
        kernel = (gain @ filter_bank()).numpy()
        for channel, outcome in zip(image, result, strict=True):
            padded = np.pad(channel, margin, mode="reflect")
            rows = np.stack([np.convolve(row, kernel, "valid") for row in padded])
            columns = [np.convolve(column, kernel, "valid") for column in rows.T]
            np.testing.assert_allclose(outcome, np.stack(columns, axis=1), atol=1e-10)


def test_each_band_is_amplified_in_a_share_p_of_the_images(chances):
    gains = draw_gains(chances(4000, P))
    untouched = (gains == 1).all(dim=1).float().mean().item()
    assert untouched == pytest.approx((1 - P) ** 4, abs=0.02)
    for one in range(4):
        for other in range(one):
            apart = ((gains[:, one] / gains[:, other] - 1).abs() > 1e-5).float().mean().item()
            assert apart == pytest.approx(1 - (1 - P) ** 2, abs=0.025)


def test_amplifying_one_band_keeps_the_expected_power(chances):
    gains = draw_gains(chances(4000, 0.1))
    for band in range(4):
        others = [other for other in range(4) if other != band]
        same = (gains[:, others] - gains[:, others[:1]]).abs().amax(dim=1) < 1e-6
        alone = gains[same & ((gains[:, band] / gains[:, others[0]] - 1).abs() > 1e-3)]
        assert len(alone) > 100
        power = (torch.tensor(POWER) * alone.square()).sum(dim=1)
        torch.testing.assert_close(power, torch.ones_like(power))
        octaves = (alone[:, band] / alone[:, others[0]]).log2()
        assert octaves.std().item() == pytest.approx(1, abs=0.15)


def test_gradients_of_filtering_are_finite_differences(chances):
    images = torch.randn(2, 3, 6, 6, dtype=torch.float64).requires_grad_()
    assert gradcheck(lambda x: filter_bands(x, chances(2)), (images,))
