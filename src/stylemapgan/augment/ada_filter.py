"""Adaptive augmentation: the strength of coarse and fine structures.

The spectrum is split into four bands, each an octave wide except for the lowest, and each band may
be amplified relative to the others.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS
2020, appendix B.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan.augment.randomness import Chances
from stylemapgan.augment.resampling import SYM2, mirror

AMPLIFICATION = 1.0
"""Standard deviation of a band's amplification, in octaves."""
POWER = (10 / 13, 1 / 13, 1 / 13, 1 / 13)
"""Expected share of each band in the power of a photograph, lowest first."""


def filter_bands(
    images: Float[Tensor, "batch 3 size size"], chances: Chances
) -> Float[Tensor, "batch 3 size size"]:
    """Amplify bands at random."""
    return amplify(images, draw_gains(chances))


def draw_gains(chances: Chances) -> Float[Tensor, "batch 4"]:
    """Draw a gain for each band; the expected power of the image does not change."""
    power = torch.tensor(POWER)
    gains = torch.ones(chances.images, len(POWER))
    for band in range(len(POWER)):
        change = torch.ones_like(gains)
        change[:, band] = chances.lognormal(AMPLIFICATION)
        change = change / (power * change.square()).sum(dim=1, keepdim=True).sqrt()
        gains = gains * change
    return gains


def amplify(
    images: Float[Tensor, "batch 3 size size"], gains: Float[Tensor, "batch 4"]
) -> Float[Tensor, "batch 3 size size"]:
    """Filter columns and rows with the sum of the bands' filters; borders are mirrored."""
    size = images.shape[-1]
    kernels = gains.to(images) @ filter_bank().to(images)  # (batch, taps)
    taps = torch.arange(kernels.shape[1], device=images.device) - kernels.shape[1] // 2
    pixels = torch.arange(size, device=images.device)[:, None]
    columns = mirror(pixels + taps, size).expand(len(images), -1, -1)  # (batch, size, taps)
    matrices = images.new_zeros(len(images), size, size)
    matrices = matrices.scatter_add_(2, columns, kernels[:, None].expand(columns.shape))
    matrices = matrices[:, None]  # the same for every channel
    return matrices @ images @ matrices.mT


def filter_bank() -> Float[Tensor, "4 taps"]:
    """Build symmetric filters of [0, π/8], [π/8, π/4], [π/4, π/2] and [π/2, π]; their sum is 1.

    The wavelet's low-pass filter, applied forward and backward, and its complementary high-pass
    filter split the spectrum in the middle; dilated by 2 and 4, they split the lower half again.
    """
    forward = torch.tensor(SYM2, dtype=torch.float64)
    low = _convolve(forward, forward.flip(0)) / 2
    high = -low
    high[len(low) // 2] += 1
    half, quarter = _spread(low, 2), _spread(low, 4)
    bands = [
        _convolve(_convolve(low, half), quarter),
        _convolve(_convolve(low, half), _spread(high, 4)),
        _convolve(low, _spread(high, 2)),
        high,
    ]
    taps = len(bands[0])
    bank = torch.zeros(len(bands), taps, dtype=torch.float64)
    for row, band in zip(bank, bands, strict=True):
        margin = (taps - len(band)) // 2
        row[margin : taps - margin] = band
    return bank


def _convolve(one: Tensor, other: Tensor) -> Tensor:
    """Multiply two polynomials, given by their coefficients."""
    product = one.new_zeros(len(one) + len(other) - 1)
    for offset, factor in enumerate(other):
        product[offset : offset + len(one)] += factor * one
    return product


def _spread(kernel: Tensor, step: int) -> Tensor:
    """Dilate a filter: put zeros between its taps, so that it covers every `step`-th pixel."""
    spread = kernel.new_zeros((len(kernel) - 1) * step + 1)
    spread[::step] = kernel
    return spread
