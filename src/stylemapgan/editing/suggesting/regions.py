"""Which cells of a stylemap decide how well a reference fits a mask."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from stylemapgan.editing.edit_masks import PlainMask
from stylemapgan.editing.mask_cells import shrink_by_max, shrink_by_mean
from stylemapgan.errors import EditError


@dataclass(frozen=True, kw_only=True, eq=False)
class Regions:
    """Weights of a stylemap's cells, row by row."""

    coverage: Float32[np.ndarray, " cells"]
    """How much of each cell the mask covers, from 0 to 1."""
    border: Float32[np.ndarray, " cells"]
    """Cells that the mask borders on, where reference and source should agree; they sum to 1, or
    to 0 if the mask covers everything."""

    @property
    def inside(self) -> Float32[np.ndarray, " cells"]:
        """Cells that the edit replaces; they sum to 1."""
        return _shares(self.coverage)

    @property
    def used(self) -> list[int]:
        """The cells that count at all."""
        return np.flatnonzero(self.border + self.coverage).tolist()


def regions(mask: PlainMask, side: int, width: int) -> Regions:
    """Divide the cells of a stylemap by a mask.

    A cell that the mask covers in part belongs to both regions, by the share that is covered.

    Args:
        mask: Where the reference shows, in pixels of the model's image.
        side: Height and width of a stylemap, in cells.
        width: How far around the mask its border reaches, in cells.

    Raises:
        EditError: The mask is empty, or its sides are not whole multiples of the stylemap's.
    """
    coverage = np.asarray(shrink_by_mean(mask, side, side), np.float32)[0, 0]  # (rows, columns)
    reach = np.asarray(shrink_by_max(mask, side, side), np.float32)[0, 0] > 0
    if not reach.any():
        raise EditError("The mask is empty: paint where the reference is to show.")
    for _ in range(width):
        reach = _grown(reach)
    border = np.where(reach, 1 - coverage, 0)
    return Regions(coverage=coverage.ravel(), border=_shares(border))


def _grown(cells: np.ndarray) -> np.ndarray:
    """Add the eight neighbours of each cell."""
    padded = np.pad(cells, 1)
    rows, columns = cells.shape
    shifted = [padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    return np.logical_or.reduce(shifted)


def _shares(weights: np.ndarray) -> Float32[np.ndarray, " cells"]:
    total = weights.sum()
    return (weights / (total if total > 0 else 1)).astype(np.float32).ravel()
