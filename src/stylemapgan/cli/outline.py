"""Show on a picture which part was taken, or where it went."""

import numpy as np

from stylemapgan.editing.operations import move
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images, Mask

COLOUR = np.array([1.0, 0.2, -0.8], dtype=np.float32).reshape(3, 1, 1)
"""Orange, as RGB in [-1, 1]."""


def outline(picture: Images, mask: Mask) -> Images:
    """Draw a line along the inner border of a mask.

    Args:
        picture: A batch of one.
        mask: In pixels of the picture; one half and more is inside.
    """
    inside = np.asarray(mask) >= 0.5
    neighbours = [move(inside, step) for step in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    is_line = inside & ~np.logical_and.reduce(neighbours)
    return np.where(is_line, COLOUR, to_numpy(picture))


def edit_row(
    source: Images,
    reference: Images,
    mask: Mask,
    result: Images,
    shift: tuple[int, int] = (0, 0),
) -> list[Images]:
    """Lay an edit out: source and reference with the part outlined, then the result.

    Args:
        source: The edited picture, a batch of one.
        reference: The picture borrowed from.
        mask: What was taken, in pixels of the reference.
        result: What came out.
        shift: How far it moved down and to the right, in pixels.
    """
    return [outline(source, move(mask, shift)), outline(reference, mask), result]


EDIT_TITLES = ("source", "reference", "result")
"""Names of the pictures of `edit_row`."""
