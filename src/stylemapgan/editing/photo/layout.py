"""From a photo as people see it to its pixels as the file stores them, and back.

A camera held upright often stores the picture lying on its side, with a tag that says how to
turn it. Here arrays and squares are turned instead of the millions of pixels.
"""

import math

import numpy as np

from stylemapgan.editing.photo.square import Square

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
