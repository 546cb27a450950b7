"""How similar two pictures are, pixel by pixel and window by window, without networks.

Every measure takes pictures in [-1, 1] and gives one float64 number a pair, which does not depend
on the other pairs of the batch. NumPy arrays and PyTorch tensors are both fine.
"""

import numpy as np
from jaxtyping import Float64

from stylemapgan.errors import ImageError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images

DATA_RANGE = 2.0
"""From the darkest to the brightest value: -1 to 1."""
WINDOW = 11
"""Side of SSIM's window, in pixels."""
WINDOW_SIGMA = 1.5
"""Standard deviation of the Gaussian that weights SSIM's window, in pixels."""
STABILISERS = ((0.01 * DATA_RANGE) ** 2, (0.03 * DATA_RANGE) ** 2)
"""C1 and C2 of SSIM: K1 = 0.01 and K2 = 0.03, times the range, squared."""
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of MS-SSIM's scales, the finest first."""

Scores = Float64[np.ndarray, " batch"]
Planes = Float64[np.ndarray, "batch 3 height width"]


def mse(one: Images, other: Images) -> Scores:
    """Mean over pixels and colours of the squared difference; 0 for equal pictures, 4 at most.

    On [-1, 1]: four times the figure on [0, 1].

    Source: Kim et al., CVPR 2021, section 4.
    """
    return np.square(_planes(one) - _planes(other)).mean(axis=(1, 2, 3))


def psnr(one: Images, other: Images) -> Scores:
    """10 log10(range² / MSE) in decibels, with a range of 2; infinite for equal pictures.

    A ratio of the range to the error: the same figure as for pictures on [0, 1] with a range of 1.

    Source: ITU-T J.340 (2010), for all three colours together.
    """
    with np.errstate(divide="ignore"):
        return 10 * np.log10(DATA_RANGE**2 / mse(one, other))


def ssim(one: Images, other: Images) -> Scores:
    """Structural similarity: 1 for equal pictures, about 0 for unrelated ones.

    Each colour is compared in windows of 11x11 pixels, weighted by a Gaussian of sigma 1.5, where
    they lie wholly inside the picture; variances are those of the weighted pixels (divided by
    their number, not by one less). The mean over windows and over red, green and blue.
    Wang et al. compare grey pictures; all three colours count here, for an edit can spoil a colour
    alone. Pictures are compared at the size they have.

    Raises:
        ImageError: The pictures are smaller than a window.

    Source: Wang et al., "Image Quality Assessment: From Error Visibility to Structural
    Similarity", IEEE Transactions on Image Processing 13(4), 2004.
    """
    similarity, _ = _compare_windows(_planes(one), _planes(other))
    return similarity.mean(axis=1)


def ms_ssim(one: Images, other: Images) -> Scores:
    """Multi-scale structural similarity: 1 for equal pictures.

    Contrast and structure are compared at each scale, brightness at the coarsest; the product of
    the means over windows, each to the power of its scale's weight, for each colour; then the mean
    over colours. A scale is the mean of 2x2 pixels of the finer one; an odd last row or column is
    left out. A mean below 0 counts as 0.

    Pictures need 176 pixels a side for all five scales. Smaller ones are compared at as many as
    they have room for, the finest first, with those weights scaled to a sum of 1: four from 88
    pixels, three from 44, two from 22. Figures with different scales are not comparable.

    Raises:
        ImageError: The pictures are smaller than a window.

    Source: Wang, Simoncelli and Bovik, "Multiscale Structural Similarity for Image Quality
    Assessment", Asilomar Conference 2003.
    """
    a, b = _planes(one), _planes(other)
    weights = scale_weights(*a.shape[-2:])
    product = np.ones(a.shape[:2])  # (batch, 3)
    for scale, weight in enumerate(weights):
        similarity, contrast = _compare_windows(a, b)
        is_coarsest = scale == len(weights) - 1
        product *= np.clip(similarity if is_coarsest else contrast, 0, None) ** weight
        if not is_coarsest:
            a, b = _halve(a), _halve(b)
    return product.mean(axis=1)


def scale_weights(height: int, width: int) -> Float64[np.ndarray, " scales"]:
    """Weights of the scales that MS-SSIM has for pictures of this size, in pixels."""
    side, count = min(height, width), 1
    while count < len(SCALE_WEIGHTS) and side // 2 >= WINDOW:
        side, count = side // 2, count + 1
    chosen = np.array(SCALE_WEIGHTS[:count])
    return chosen / chosen.sum()


def _planes(images: Images) -> Planes:
    return to_numpy(images).astype(np.float64)


def _compare_windows(
    a: Planes, b: Planes
) -> tuple[Float64[np.ndarray, "batch 3"], Float64[np.ndarray, "batch 3"]]:
    """Mean over windows of SSIM, and of its factor for contrast and structure."""
    if min(a.shape[-2:]) < WINDOW:
        raise ImageError(
            f"SSIM needs pictures of at least {WINDOW}x{WINDOW} pixels, "
            f"got {a.shape[-2]}x{a.shape[-1]}."
        )
    c1, c2 = STABILISERS
    mean_a, mean_b = _blur(a), _blur(b)
    variances = _blur(a * a + b * b) - mean_a**2 - mean_b**2
    covariance = _blur(a * b) - mean_a * mean_b
    contrast = (2 * covariance + c2) / (variances + c2)
    brightness = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return (brightness * contrast).mean(axis=(2, 3)), contrast.mean(axis=(2, 3))


def _blur(
    planes: Float64[np.ndarray, "batch 3 height width"],
) -> Float64[np.ndarray, "batch 3 out_height out_width"]:
    """Average each window that lies wholly inside, with Gaussian weights: rows, then columns."""
    offsets = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-(offsets**2) / (2 * WINDOW_SIGMA**2))
    weights /= weights.sum()
    rows, columns = (length - WINDOW + 1 for length in planes.shape[-2:])
    down = np.zeros((*planes.shape[:2], rows, planes.shape[3]))
    for at, weight in enumerate(weights):
        down += weight * planes[:, :, at : at + rows]
    blurred = np.zeros((*planes.shape[:2], rows, columns))
    for at, weight in enumerate(weights):
        blurred += weight * down[..., at : at + columns]
    return blurred


def _halve(
    planes: Float64[np.ndarray, "batch 3 height width"],
) -> Float64[np.ndarray, "batch 3 half_height half_width"]:
    batch, colours, height, width = planes.shape
    even = planes[:, :, : height // 2 * 2, : width // 2 * 2]
    return even.reshape(batch, colours, height // 2, 2, width // 2, 2).mean(axis=(3, 5))
