"""Which cells of a stylemap an edit replaces, and where its border runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Int64

from stylemapgan.editing.edit_masks import PlainMask
from stylemapgan.editing.mask_cells import shrink_by_mean
from stylemapgan.errors import EditError


@dataclass(frozen=True, kw_only=True, eq=False)
class Border:
    """Pairs of neighbouring cells of which the mask covers one more than the other."""

    inside: Int64[np.ndarray, " pairs"]
    """The cells that are covered more: there the reference shows."""
    outside: Int64[np.ndarray, " pairs"]
    """Their neighbours, where the source stays."""
    weight: Float32[np.ndarray, " pairs"]
    """How much more is covered; all sum to 1."""

    @cached_property
    def cells(self) -> frozenset[int]:
        """All cells of the pairs."""
        return frozenset(self.inside.tolist()) | frozenset(self.outside.tolist())

    def pairs(self) -> Iterator[tuple[int, int, float]]:
        """List the pairs: the cell inside, its neighbour outside, the weight."""
        yield from zip(
            self.inside.tolist(), self.outside.tolist(), self.weight.tolist(), strict=True
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Regions:
    """A mask in cells of the stylemap, counted row by row."""

    coverage: Float32[np.ndarray, " cells"]
    """How much of each cell the mask covers, from 0 to 1."""
    border: Border
    """Empty if the mask covers everything."""

    @property
    def cells(self) -> list[int]:
        """The cells that the mask touches, and those around it."""
        return sorted(self.border.cells.union(np.flatnonzero(self.coverage).tolist()))

    @cached_property
    def shares(self) -> Float32[np.ndarray, " cells"]:
        """Weights of the cells, which sum to 1."""
        return self.coverage / self.coverage.sum()


def regions(mask: PlainMask, side: int) -> Regions:
    """Divide the cells of a stylemap by a mask.

    Args:
        mask: Where the reference shows, in pixels of the model's image.
        side: Height and width of a stylemap, in cells.

    Raises:
        EditError: The mask is empty, or its sides are not whole multiples of the stylemap's.
    """
    coverage = np.asarray(shrink_by_mean(mask, side, side), np.float32).ravel()
    if not coverage.any():
        raise EditError("The mask is empty: paint where the reference is to show.")
    return Regions(coverage=coverage, border=_border(coverage, side))


def _border(coverage: Float32[np.ndarray, " cells"], side: int) -> Border:
    cells = np.arange(side * side).reshape(side, side)
    first = np.concatenate([cells[:, :-1].ravel(), cells[:-1].ravel()])
    second = np.concatenate([cells[:, 1:].ravel(), cells[1:].ravel()])
    more = coverage[first] - coverage[second]
    kept = np.flatnonzero(more)
    first, second, more = first[kept], second[kept], more[kept]
    weight = np.abs(more)
    return Border(
        inside=np.where(more > 0, first, second),
        outside=np.where(more > 0, second, first),
        weight=(weight / max(float(weight.sum()), 1e-12)).astype(np.float32),
    )
