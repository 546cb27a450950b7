"""How every photo of a library would change a source: exact, and in constant memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from stylemapgan.editing.directions import Direction
from stylemapgan.editing.suggesting.cell_colours import colours_of
from stylemapgan.editing.suggesting.library import Library
from stylemapgan.editing.suggesting.regions import Regions
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Stylemap

CHUNK = 4096
"""Photos that are compared at once; a cell of them takes a megabyte of memory."""
LEAST = 1e-12
"""Smallest squared length of a direction inside a mask."""

CellRows = Float32[np.ndarray, "cells channels"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Differences:
    """How consecutive photos of a library would change the source."""

    start: int
    """Row of the first of them."""
    step: Float32[np.ndarray, " photos"]
    """Mean length of the colour difference across the border: cells of the photo inside, cells of
    the source outside, RGB in [-1, 1]."""
    inside: Float32[np.ndarray, " photos"]
    """Mean squared difference of the cells inside the mask, each channel in units of how much it
    varies in the library: 2 for two photos that have nothing in common."""
    amount: Float32[np.ndarray, " photos"] | None = None
    """How far the photo lies along the wanted direction inside the mask, in steps of `move`; None
    if no direction is wanted."""


def compare(
    library: Library, stylemap: Stylemap, regions: Regions, toward: Direction | None = None
) -> Iterator[Differences]:
    """Compare all photos of a library with a source, some thousand at a time.

    Args:
        library: Stays on disk; only the cells that the mask touches are read.
        stylemap: The source's, a batch of one.
        regions: The mask.
        toward: Direction whose amount is measured.
    """
    source = cells_of(stylemap)
    wanted = None if toward is None else cells_of(toward.step) * regions.coverage[:, None]
    for start in range(0, len(library), CHUNK):
        yield _compare_chunk(library, slice(start, start + CHUNK), source, regions, wanted)


def _compare_chunk(
    library: Library, rows: slice, source: CellRows, regions: Regions, wanted: CellRows | None
) -> Differences:
    border, shares = regions.border, regions.shares
    around = colours_of(source, library.colours)  # (cells, 3)
    photos, channels = library.cells[0, rows].shape
    step, inside, along = np.zeros((3, photos), np.float32)
    for cell in regions.cells:
        values = library.cells[cell, rows].astype(np.float32)  # (photos, channels)
        pairs = np.flatnonzero(border.inside == cell)
        if len(pairs):
            apart = colours_of(values, library.colours)[:, None] - around[border.outside[pairs]]
            step += np.linalg.norm(apart, axis=2) @ border.weight[pairs]
        values -= source[cell]
        if wanted is not None:
            along += values @ wanted[cell]
        values /= library.spread
        inside += shares[cell] * np.einsum("ij,ij->i", values, values) / channels
    amount = None if wanted is None else along / max(float(np.square(wanted).sum()), LEAST)
    return Differences(start=rows.start, step=step, inside=inside, amount=amount)


def cells_of(stylemap: Stylemap) -> CellRows:
    """Turn a stylemap, a batch of one, into a row of channels for each cell."""
    values = to_numpy(stylemap)[0]
    return np.ascontiguousarray(values.reshape(len(values), -1).T, np.float32)
