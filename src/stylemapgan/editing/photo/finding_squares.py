"""Find the square the model expects in a photo: around what stands out, or in the middle."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int, UInt8
from PIL import Image, ImageCms

from stylemapgan.editing.photo.filters import box_blur
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.square import Square

Plane = Float64[np.ndarray, "rows columns"]

KEPT_OF_BORDER = 0.6
"""Share of the border taken for background; the thing itself may touch the rest."""
ROUNDS = 5
"""Rounds that separate background from foreground along the border."""
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
    smooth = np.log1p(box_blur(distance[None], 1)[0])
    threshold, clarity = _otsu(smooth)
    mask = _largest_component(smooth > threshold)
    middle = float(np.median(distance[mask])) if mask.any() else 0.0
    return Foreground(mask=mask, clarity=clarity, distance=middle)


def _lab(pixels: UInt8[np.ndarray, "rows columns 3"]) -> Float64[np.ndarray, "rows columns 3"]:
    levels = np.array(_to_lab().apply(Image.fromarray(pixels))).astype(np.float64)
    levels[..., 1:] = (levels[..., 1:] + 128) % 256  # Pillow stores a and b as signed bytes
    return levels


@cache  # building it takes longer than finding the square of a small picture
def _to_lab() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        "RGB",
        "LAB",
        flags=ImageCms.Flags.NOCACHE,  # so that threads may share it
    )


def _distance_from_background(lab: Float64[np.ndarray, "rows columns 3"]) -> Plane:
    """Mahalanobis distance of each pixel from a background whose colour changes smoothly.

    Light falls off towards corners, so colour is a quadratic function of the position. It is fitted
    to the border without the pixels that fit worst, where the thing may leave the picture; then
    to all pixels that resemble it, which adds the brighter light in the middle.
    """
    rows, columns = lab.shape[:2]
    place = _quadratic(rows, columns)
    is_border = np.ones((rows, columns), dtype=bool)
    width = max(1, min(rows, columns) // 32)
    is_border[width:-width, width:-width] = False
    border_place, border_lab = place[is_border], lab[is_border]
    background = border_place, border_lab
    for _ in range(ROUNDS):
        distance = _distance(border_place, border_lab, *background)
        typical = distance <= np.quantile(distance, KEPT_OF_BORDER)
        background = border_place[typical], border_lab[typical]
    distance = _distance(place, lab, *background)
    for _ in range(ROUNDS - 1):
        typical = distance <= max(TYPICAL, float(np.quantile(distance, LEAST_BACKGROUND)))
        distance = _distance(place, lab, place[typical], lab[typical])
    return distance


def _quadratic(rows: int, columns: int) -> Float64[np.ndarray, "rows columns 6"]:
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _distance(
    place: Float64[np.ndarray, "*shape 6"],
    lab: Float64[np.ndarray, "*shape 3"],
    known_place: Float64[np.ndarray, "pixels 6"],
    known_lab: Float64[np.ndarray, "pixels 3"],
) -> Float64[np.ndarray, "*shape"]:
    """Mahalanobis distance of some pixels from the background that known pixels show."""
    plane = np.linalg.lstsq(known_place, known_lab, rcond=None)[0]
    spread = np.cov((known_lab - known_place @ plane).T) + np.diag(np.square(LEAST_DEVIATION))
    residual = lab - place @ plane
    return np.sqrt(((residual @ np.linalg.inv(spread)) * residual).sum(axis=-1))


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
    """Keep the largest connected part of a mask.

    Each pixel has a name, and all of an unbroken run of a row or of a column take the largest of
    their names, until nothing changes.
    """
    pixels = np.arange(mask.size).reshape(mask.shape)
    runs = _runs(mask, pixels), _runs(mask.T, pixels.T)
    names, before = pixels.ravel(), np.zeros(0, int)
    while not np.array_equal(names, before):
        before = names.copy()
        for order, starts in runs:
            largest = np.maximum.reduceat(names[order], starts) if len(order) else starts
            names[order] = np.repeat(largest, np.diff(starts, append=len(order)))
    names = names.reshape(mask.shape)
    return mask & (names == np.bincount(names[mask], minlength=1).argmax())


def _runs(
    mask: Bool[np.ndarray, "rows columns"], pixels: Int[np.ndarray, "rows columns"]
) -> tuple[Int[np.ndarray, " inside"], Int[np.ndarray, " runs"]]:
    """Find the unbroken runs of the rows of a mask.

    Returns:
        The pixels inside the mask, row by row, and where among these each run begins.
    """
    before = np.pad(mask, ((0, 0), (1, 0)))[:, :-1]
    return pixels[mask], np.flatnonzero(~before[mask])


LONGEST = 128
"""Pixels of the longer side of the small picture that is searched."""
LEAST_SIDE = 16
"""Pixels of its shorter side; a narrower strip is not searched."""
FILLED = 0.865
"""Share of the square that the thing's longer extent takes: the median of photos of hands."""
COVERED = 0.283
"""Share of the square's area that the thing covers: the median of photos of hands."""
SPARE = 1.4
"""Something this many times longer than that share suggests is cut: an arm."""
CLEAR = 0.8
"""Least share of variance a threshold must explain; noise without any thing reaches 0.64."""
LEAST_AREA, LARGEST_AREA = 0.01, 0.75
"""Share of the photo that a thing may cover."""
FAR = 3.0
"""Least distance of a thing's colours, in deviations of the background."""


def middle_square(photo: FullPhoto) -> Square:
    """Take the largest square in the middle, as `images.read` does."""
    return Square(x=photo.width / 2, y=photo.height / 2, side=float(min(photo.size)))


def foreground_square(photo: FullPhoto) -> Square:
    """Find the square around the one thing a photo shows, framed as photos of hands are.

    The thing is what differs in colour from the background along the photo's border. If it
    comes in from an edge, as an arm does, the square ends at that edge. The square stays
    inside the photo. Where nothing stands out clearly, it is the middle one.
    """
    pixels = photo.upright_srgb(LONGEST)
    if min(pixels.shape[:2]) < LEAST_SIDE:
        return middle_square(photo)
    found = find_foreground(pixels)
    clear = found.clarity >= CLEAR and found.distance >= FAR
    if not clear or not LEAST_AREA <= found.mask.mean() <= LARGEST_AREA:
        return middle_square(photo)
    x, y, side = _frame(found.mask)
    scale = max(photo.size) / max(pixels.shape[:2])
    side = float(min(side * scale, photo.width, photo.height))
    x, y = _inside(x * scale, side, photo.width), _inside(y * scale, side, photo.height)
    return Square(x=x, y=y, side=side)


def _frame(mask: Bool[np.ndarray, "rows columns"]) -> tuple[float, float, float]:
    """Frame a thing: centre (x, y) and side of its square, in pixels of the mask."""
    edges = [mask[-1].any(), mask[:, -1].any(), mask[0].any(), mask[:, 0].any()]
    if sum(edges) != 1:
        top, bottom = _extent(mask.sum(axis=1))
        left, right = _extent(mask.sum(axis=0))
        side = max(right - left, bottom - top) / FILLED
        return (left + right) / 2, (top + bottom) / 2, side
    turns = edges.index(True)  # by a quarter clockwise, after which it comes in from below
    x, y, side = _frame_from_below(np.rot90(mask, -turns))
    columns = mask.shape[1 - turns % 2]
    for _ in range(turns):  # and back again
        x, y = y, columns - x
        columns = mask.size // columns
    return x, y, side


def _frame_from_below(mask: Bool[np.ndarray, "rows columns"]) -> tuple[float, float, float]:
    top, _ = _extent(mask.sum(axis=1))
    side = _side_from_its_end(mask)
    framed = mask[: top + math.ceil(FILLED * side)]
    x = np.flatnonzero(framed) % mask.shape[1] + 0.5
    return float(x.mean()), top + (FILLED - 0.5) * side, side


def _side_from_its_end(mask: Bool[np.ndarray, "rows columns"]) -> float:
    """Find the square's side for something that comes in from below.

    If most of it fits, all of it is framed; of an arm, only as much as makes the end of it fill
    its usual share of the square.
    """
    rows = mask.sum(axis=1)
    top, bottom = _extent(rows)
    lengths = np.arange(1, bottom - top + 1)  # how much of it would be framed
    share = np.cumsum(rows[top:bottom]) / np.square(lengths / FILLED)
    enough = np.flatnonzero(share >= COVERED)
    usual = lengths[enough[-1]] if len(enough) else 1
    whole = bottom - top
    return float(whole if whole <= SPARE * usual else usual) / FILLED


def _extent(counts: Int[np.ndarray, "length"]) -> tuple[int, int]:
    """Where counts above zero begin and end."""
    places = np.flatnonzero(counts)
    return int(places[0]), int(places[-1]) + 1


def _inside(centre: float, side: float, length: int) -> float:
    """Move a square so that it lies inside the photo."""
    return min(max(centre, side / 2), length - side / 2)
