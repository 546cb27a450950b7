"""Which part of a photo the model sees: as people see the photo, and as its file stores it.

A camera held upright often stores the picture lying on its side, with a tag that says how to
turn it. Here arrays and squares are turned instead of the millions of pixels.
"""

import math
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np

from stylemapgan.errors import EditError

Point: TypeAlias = tuple[float, float]
"""To the right and down, in pixels."""

LARGEST = 1_000_000
"""Pixels of a side; no photo that can be read is this long and as wide."""


@dataclass(frozen=True, kw_only=True)
class Square:
    """A square in a photo, in pixels of the photo as people see it.

    It may reach beyond the photo, whose edge pixels are repeated there.
    """

    x: float
    """Its centre, from the photo's left edge."""
    y: float
    """Its centre, from the photo's top edge."""
    side: float
    """Its width and height."""
    rotation: float = 0.0
    """How far it is turned, in degrees, clockwise as seen."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if not math.isfinite(getattr(self, field.name)):
                raise EditError(f"A square needs finite numbers, got {field.name} = nan or inf.")
        if self.side < 1:
            raise EditError(f"A square's side must be at least 1 pixel, got {self.side:g}.")
        if self.side > LARGEST:
            raise EditError(f"A square's side is at most {LARGEST} pixels, got {self.side:g}.")

    @property
    def reach(self) -> float:
        """How far it extends from its centre along an axis, in pixels."""
        angle = math.radians(self.rotation)
        return self.side / 2 * (abs(math.cos(angle)) + abs(math.sin(angle)))


def turned_square(square: Square, size: int, pivot: Point, rotation: float, scale: float) -> Square:
    """Find the square that shows the same picture turned and scaled.

    Turning what is seen clockwise is turning the frame the other way about the same point.

    Args:
        square: What the model sees now.
        size: Width and height of the model's image, in pixels.
        pivot: What stays in its place.
        rotation: How far the picture turns, in degrees, clockwise.
        scale: How much larger it becomes.
    """
    unit = square.side / size
    off = (pivot[0] - size / 2, pivot[1] - size / 2)
    there = turn((off[0] * unit, off[1] * unit), square.rotation)
    back = turn((off[0] * unit / scale, off[1] * unit / scale), square.rotation - rotation)
    return Square(
        x=square.x + there[0] - back[0],
        y=square.y + there[1] - back[1],
        side=square.side / scale,
        rotation=square.rotation - rotation,
    )


def turn(vector: Point, degrees: float) -> Point:
    """Turn a vector clockwise, as seen with y pointing down."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    return vector[0] * cos - vector[1] * sin, vector[0] * sin + vector[1] * cos


MATRICES = {
    1: ((1, 0), (0, 1)),
    2: ((-1, 0), (0, 1)),
    3: ((-1, 0), (0, -1)),
    4: ((1, 0), (0, -1)),
    5: ((0, 1), (1, 0)),
    6: ((0, 1), (-1, 0)),
    7: ((0, -1), (-1, 0)),
    8: ((0, -1), (1, 0)),
}
"""EXIF orientation → what it does to a step (right, down): upright to stored."""


def is_lying(orientation: int) -> bool:
    """Whether width and height are swapped in the file."""
    return MATRICES[orientation][0][0] == 0


def to_upright(array: np.ndarray, orientation: int) -> np.ndarray:
    """Turn an array (height, width, ...) from the file's layout to how it is seen."""
    (a, b), (c, d) = MATRICES[orientation]
    if a == 0:
        return array.swapaxes(0, 1)[::b, ::c]
    return array[::d, ::a]


def to_stored(array: np.ndarray, orientation: int) -> np.ndarray:
    """Turn an array (height, width, ...) from how it is seen to the file's layout."""
    (a, b), (c, d) = MATRICES[orientation]
    if a == 0:
        return array[::b, ::c].swapaxes(0, 1)
    return array[::d, ::a]


def stored_square(square: Square, orientation: int, size: tuple[int, int]) -> Square:
    """Find where a square lies in the file's layout.

    Its contents are turned as the whole photo is, see `to_stored`; only mirroring changes its
    rotation.

    Args:
        square: In the photo as it is seen.
        orientation: The EXIF tag's value.
        size: Width and height of the photo as it is seen.
    """
    (a, b), (c, d) = MATRICES[orientation]
    right, down = square.x - size[0] / 2, square.y - size[1] / 2  # from the photo's centre
    width, height = size[::-1] if is_lying(orientation) else size
    return Square(
        x=width / 2 + a * right + b * down,
        y=height / 2 + c * right + d * down,
        side=square.side,
        rotation=math.copysign(1, a * d - b * c) * square.rotation,
    )
