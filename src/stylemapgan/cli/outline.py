"""Show on a picture which part was taken, or where it went."""

import numpy as np

from stylemapgan.editing import Part
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


def edit_row(source: Images, reference: Images, part: Part, result: Images) -> list[Images]:
    """Lay an edit out: source and reference with the part outlined, then the result.

    Args:
        source: The edited picture, a batch of one.
        reference: The picture borrowed from.
        part: What was taken, and where it went.
        result: What came out.
    """
    landed = part.landed(source.shape[-1])
    return [outline(source, landed), outline(reference, part.mask), result]


EDIT_TITLES = ("source", "reference", "result")
"""Names of the pictures of `edit_row`."""
