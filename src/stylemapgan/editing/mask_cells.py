"""How a mask of pixels becomes weights of a stylemap's cells.

It depends on the edit alone, and is the same in w and at each resolution of w_plus:

- a part that does not move (`blend`, and `transplant` without a shift): a cell takes the
  largest mask value among its pixels, so every touched cell is edited;
- a part that moves (`transplant` with a shift): a cell counts if the mask covers more than half
  of it, so that the part brings along little of what was around it;
- a push along a direction (`push`): a cell takes the mean, so that the push fades out.

Where scales and shifts are computed from 3x3 cells, each position mixes its neighbours' styles.
Where they are computed from one cell, styles change from one position to the next, and a hard
border shows as a line; `soften` lets it fade.
"""

from typing import Any, TypeAlias

from array_api_compat import array_namespace
from jaxtyping import Float

from stylemapgan.errors import EditError
from stylemapgan.types import Array, Mask

SmallMask: TypeAlias = Float[Any, "masks 1 {rows} {columns}"]
"""A mask with one value for each cell."""


def shrink_by_mean(mask: Mask, rows: int, columns: int) -> SmallMask:
    """Give each cell of a stylemap the mean mask value of its pixels.

    Raises:
        EditError: The mask's sides are not whole multiples of the stylemap's.
    """
    return array_namespace(mask).mean(_split_into_cells(mask, rows, columns), axis=(-3, -1))


def shrink_by_max(mask: Mask, rows: int, columns: int) -> SmallMask:
    """Give each cell of a stylemap the largest mask value among its pixels.

    Raises:
        EditError: The mask's sides are not whole multiples of the stylemap's.
    """
    return array_namespace(mask).max(_split_into_cells(mask, rows, columns), axis=(-3, -1))


def shrink_by_coverage(mask: Mask, rows: int, columns: int) -> SmallMask:
    """Give each cell that the mask covers by more than half the mean of its covered pixels.

    All other cells get 0, half-covered ones too. A hard mask stays hard.

    Raises:
        EditError: The mask's sides are not whole multiples of the stylemap's.
    """
    xp = array_namespace(mask)
    pixels = _split_into_cells(mask, rows, columns)
    is_covered = xp.astype(pixels > 0, pixels.dtype)
    covered = xp.sum(is_covered, axis=(-3, -1))
    total = xp.sum(pixels, axis=(-3, -1))
    is_mostly = 2 * covered > pixels.shape[-3] * pixels.shape[-1]
    mean = total / xp.where(is_mostly, covered, xp.ones_like(covered))
    return xp.where(is_mostly, mean, xp.zeros_like(mean))


def soften(mask: Array, cells: int) -> Array:
    """Fade hard borders over some cells to either side, with binomial weights.

    Cells farther than that from a border keep their value exactly.

    Args:
        mask: A mask (masks, 1, rows, columns).
        cells: 0 leaves the mask alone, 1 filters both axes by 1 2 1, 2 by 1 4 6 4 1, and so on.
    """
    for axis in (-2, -1) * cells:
        mask = _averaged_with_neighbours(mask, axis)
    return mask


def _averaged_with_neighbours(mask: Array, axis: int) -> Array:
    """Filter an axis by 1 2 1; beyond the border lies what is at the border."""
    length = mask.shape[axis]

    def part(start: int, stop: int) -> Array:
        return mask[..., start:stop, :] if axis == -2 else mask[..., start:stop]

    concat = array_namespace(mask).concat
    before = concat([part(0, 1), part(0, length - 1)], axis=axis)
    after = concat([part(1, length), part(length - 1, length)], axis=axis)
    return (before + 2 * mask + after) / 4


def _split_into_cells(mask: Mask, rows: int, columns: int) -> Array:
    """Reshape (masks, 1, height, width) to (masks, 1, rows, pixels, columns, pixels)."""
    height, width = mask.shape[-2:]
    if height % rows or width % columns:
        raise EditError(
            f"A mask of {height}x{width} pixels does not fit a stylemap of {rows}x{columns} "
            "cells: each side must be a whole multiple; resize the mask to the image's size."
        )
    shape = (*mask.shape[:-2], rows, height // rows, columns, width // columns)
    return array_namespace(mask).reshape(mask, shape)
