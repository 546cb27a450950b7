"""Find the square the model expects in a photo."""

import math

import numpy as np
from jaxtyping import Bool, Int

from stylemapgan.editing.photo.foreground import find_foreground
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.square import Square

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
