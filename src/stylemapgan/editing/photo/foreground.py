"""Tell the one thing a small picture shows from its background."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, UInt8
from PIL import Image, ImageCms

from stylemapgan.editing.photo.membrane import box_blur

Plane = Float64[np.ndarray, "rows columns"]

KEPT_OF_BORDER = 0.6
"""Share of the border taken for background; the thing itself may touch the rest."""
ROUNDS = 5
"""How often background is told from foreground along the border."""
BINS = 128
"""Of the histogram in which the threshold is found."""
LEAST_DEVIATION = (8.0, 2.0, 2.0)
"""A background is never taken to be smoother than this, in levels of L, a and b."""
TYPICAL = 3.0
"""Deviations up to which a pixel is taken for background."""
LEAST_BACKGROUND = 0.1
"""Share of the picture that is taken for background in any case."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Foreground:
    """The largest thing that differs from the background."""

    mask: Bool[np.ndarray, "rows columns"]
    """Where it is."""
    clarity: float
    """Share of the variance among distances that telling the two apart explains."""
    distance: float
    """How far its colours are from the background's: median, in deviations."""


def find_foreground(pixels: UInt8[np.ndarray, "rows columns 3"]) -> Foreground:
    """Find the largest thing that differs from the background along the border.

    Args:
        pixels: A small picture, such as one of 128 pixels.
    """
    distance = _distance_from_background(_lab(pixels)).astype(np.float32)
    smooth = np.log1p(box_blur(distance[..., None], 1)[..., 0])
    threshold, clarity = _otsu(smooth)
    mask = _largest_component(smooth > threshold)
    middle = float(np.median(distance[mask])) if mask.any() else 0.0
    return Foreground(mask=mask, clarity=clarity, distance=middle)


def _lab(pixels: UInt8[np.ndarray, "rows columns 3"]) -> Float64[np.ndarray, "rows columns 3"]:
    lab = ImageCms.profileToProfile(
        Image.fromarray(pixels),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    levels = np.array(lab).astype(np.float64)
    levels[..., 1:] = (levels[..., 1:] + 128) % 256  # Pillow stores a and b as signed bytes
    return levels


def _distance_from_background(lab: Float64[np.ndarray, "rows columns 3"]) -> Plane:
    """Mahalanobis distance of each pixel from a background whose colour changes smoothly.

    Colour as a quadratic function of the place, for light falls off towards corners, is fitted
    to the border without the pixels that fit worst, for there the thing may leave the picture;
    then to all that looks like it, which is how it learns of brighter light in the middle.
    """
    rows, columns = lab.shape[:2]
    place = _quadratic(rows, columns)
    is_kept = np.ones((rows, columns), dtype=bool)
    width = max(1, min(rows, columns) // 32)
    is_kept[width:-width, width:-width] = False
    border = is_kept
    distance = np.zeros((rows, columns))
    for number in range(2 * ROUNDS):
        plane = np.linalg.lstsq(place[is_kept], lab[is_kept], rcond=None)[0]
        residual = lab - place @ plane
        spread = np.cov(residual[is_kept].T) + np.diag(np.square(LEAST_DEVIATION))
        distance = _mahalanobis(residual, spread)
        if number < ROUNDS:
            is_kept = border & (distance <= np.quantile(distance[border], KEPT_OF_BORDER))
        else:
            is_kept = distance <= max(TYPICAL, float(np.quantile(distance, LEAST_BACKGROUND)))
    return distance


def _quadratic(rows: int, columns: int) -> Float64[np.ndarray, "rows columns 6"]:
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _mahalanobis(
    residual: Float64[np.ndarray, "*shape 3"], spread: Float64[np.ndarray, "3 3"]
) -> Float64[np.ndarray, "*shape"]:
    return np.sqrt(np.einsum("...i,ij,...j->...", residual, np.linalg.inv(spread), residual))


def _otsu(values: Float32[np.ndarray, "rows columns"]) -> tuple[float, float]:
    """Find the threshold that splits values best, and the share of variance it explains.

    Source: Otsu, A threshold selection method from gray-level histograms, 1979.
    """
    counts, edges = np.histogram(values, BINS)
    centres = (edges[:-1] + edges[1:]) / 2
    share = np.cumsum(counts) / counts.sum()
    sums = np.cumsum(counts * centres) / counts.sum()
    total = sums[-1]
    between = np.square(total * share - sums) / np.maximum(share * (1 - share), 1e-9)
    best = int(np.argmax(between[:-1]))
    variance = float(values.var())
    return float(edges[best + 1]), float(between[best]) / variance if variance else 0.0


def _largest_component(
    mask: Bool[np.ndarray, "rows columns"],
) -> Bool[np.ndarray, "rows columns"]:
    """Keep the largest connected part of a mask; each pixel takes its neighbours' largest name."""
    names = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    before = np.zeros_like(names)
    while not np.array_equal(names, before):
        before = names
        around = np.pad(names, 1)
        across = np.maximum(around[1:-1, :-2], around[1:-1, 2:])
        down = np.maximum(around[:-2, 1:-1], around[2:, 1:-1])
        names = np.where(mask, np.maximum(names, np.maximum(across, down)), 0)
    return mask & (names == np.bincount(names[mask], minlength=1).argmax())
