"""Colours change as a loop over pixels changes them."""

import cmath
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from stylemapgan.augment.ada_colour import (
    change_colours,
    contrast,
    hue_rotation,
    luma_flip,
    recolour,
    saturation,
)

P = 0.4
SETTINGS = torch.tensor([0.0, 0.3, 1.0, -2.5])


def naive_contrast(pixel: np.ndarray, factor: float) -> np.ndarray:
    return pixel * factor


def naive_luma_flip(pixel: np.ndarray, flip: float) -> np.ndarray:
    """Swap how light it is; what differs between channels stays."""
    luma = pixel.mean()
    return pixel - luma + luma * (1 - 2 * flip)


def naive_hue_rotation(pixel: np.ndarray, angle: float) -> np.ndarray:
    """Turn the chroma, a complex number in the plane across the grey axis."""
    right = np.array([1, -1, 0]) / math.sqrt(2)
    up = np.array([1, 1, -2]) / math.sqrt(6)
    chroma = complex(pixel @ right, pixel @ up) * cmath.exp(1j * angle)
    return pixel.mean() + chroma.real * right + chroma.imag * up


def naive_saturation(pixel: np.ndarray, factor: float) -> np.ndarray:
    return np.array([pixel.mean() + factor * (channel - pixel.mean()) for channel in pixel])


@pytest.mark.parametrize(
    ("matrix", "naive"),
    [
        (contrast, naive_contrast),
        (luma_flip, naive_luma_flip),
        (hue_rotation, naive_hue_rotation),
        (saturation, naive_saturation),
    ],
)
def test_each_matrix_changes_each_pixel_as_its_definition_says(matrix: Callable, naive: Callable):
    images = torch.rand(4, 3, 3, 5) * 2 - 1
    changed = recolour(images, matrix(SETTINGS)).numpy()
    for image, result, setting in zip(images.double().numpy(), changed, SETTINGS, strict=True):
        for row in range(3):
            for column in range(5):
                expected = naive(image[:, row, column], setting.item())
                np.testing.assert_allclose(result[:, row, column], expected, atol=1e-5)


def test_a_third_of_the_hue_circle_makes_red_green_and_green_blue():
    red = torch.tensor([1.0, 0.0, 0.0])
    third = hue_rotation(torch.tensor([2 * math.pi / 3]))[0]
    torch.testing.assert_close(third @ red, torch.tensor([0.0, 1.0, 0.0]), atol=1e-6, rtol=0)
    torch.testing.assert_close(third @ third @ red, torch.tensor([0.0, 0.0, 1.0]))


def test_all_changes_happen_in_the_papers_order(chances):
    images = torch.rand(6, 3, 2, 2) * 2 - 1
    changed = change_colours(images, chances(6)).numpy()
    draws = chances(6).randomness
    drawn = []
    for kind in ("normal", "normal", "uniform", "uniform", "normal"):
        drawn.append(getattr(draws, kind)(6).double().numpy())
        draws.uniform(6)  # whether it happens: always
    for image, result, bright, strong, flip, hue, vivid in zip(
        images.double().numpy(), changed, *drawn, strict=True
    ):
        for pixel, outcome in zip(image.reshape(3, 4).T, result.reshape(3, 4).T, strict=True):
            expected = naive_contrast(pixel + 0.2 * bright, 2 ** (0.5 * strong))
            expected = naive_luma_flip(expected, math.floor(2 * flip))
            expected = naive_hue_rotation(expected, (2 * hue - 1) * math.pi)
            expected = naive_saturation(expected, 2**vivid)
            np.testing.assert_allclose(outcome, expected, atol=1e-4)


def test_each_change_happens_to_a_share_p_of_the_images(chances):
    probe = torch.zeros(4000, 3, 1, 3)
    probe[:, :, 0, 1] = 1  # black, white, and a colour without luma
    probe[:, 0, 0, 2], probe[:, 1, 0, 2] = 0.5, -0.5
    black, white, colour = change_colours(probe, chances(4000, P))[:, :, 0].unbind(2)
    grey = (white - black).mean(dim=1)  # contrast, negative if luma was flipped
    chroma = colour - black
    right = (chroma[:, 0] - chroma[:, 1]) / grey.abs()
    up = (chroma[:, 0] + chroma[:, 1] - 2 * chroma[:, 2]) / 3**0.5 / grey.abs()
    vivid = torch.hypot(right, up)
    shares = {
        "brightness": (black.abs().amax(dim=1) > 1e-5, P),
        "contrast": ((grey.abs() - 1).abs() > 1e-5, P),
        "luma flip": (grey < 0, P / 2),
        "hue": (up.abs() > 1e-5, P),
        "saturation": ((vivid - 1).abs() > 1e-5, P),
    }
    for name, (happened, share) in shares.items():
        assert happened.float().mean().item() == pytest.approx(share, abs=0.025), name
    contrasts = grey.abs().log2()[shares["contrast"][0]]
    assert contrasts.std().item() == pytest.approx(0.5, abs=0.03)
    assert vivid.log2()[shares["saturation"][0]].std().item() == pytest.approx(1, abs=0.06)


def test_gradients_of_colour_changes_are_finite_differences(chances):
    images = torch.randn(2, 3, 3, 3, dtype=torch.float64).requires_grad_()
    assert gradcheck(lambda x: change_colours(x, chances(2)), (images,))
