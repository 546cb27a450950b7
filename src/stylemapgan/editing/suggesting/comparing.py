"""How every photo of a library differs from a source: exact, and in constant memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from stylemapgan.editing.directions import Direction
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
    """How consecutive photos of a library differ from the source."""

    start: int
    """Row of the first of them."""
    border: Float32[np.ndarray, " photos"]
    """Mean squared difference of the cells around the mask, in units of how much photos vary: 2 for
    two photos that have nothing in common."""
    inside: Float32[np.ndarray, " photos"]
    """The same inside the mask."""
    amount: Float32[np.ndarray, " photos"] | None = None
    """How far the photo lies along the wanted direction inside the mask, in steps of `move`; None
    if no direction is wanted."""


def compare(
    library: Library, stylemap: Stylemap, regions: Regions, toward: Direction | None = None
) -> Iterator[Differences]:
    """Compare all photos of a library with a source, some thousand at a time.

    Args:
        library: Stays on disk; only the cells of the regions are read.
        stylemap: The source's, a batch of one.
        regions: Which cells count.
        toward: Direction whose amount is measured.
    """
    source = cells_of(stylemap)
    step = None if toward is None else cells_of(toward.step) * regions.coverage[:, None]
    for start in range(0, len(library), CHUNK):
        yield _compare_chunk(library, slice(start, start + CHUNK), source, regions, step)


def _compare_chunk(
    library: Library, rows: slice, source: CellRows, regions: Regions, step: CellRows | None
) -> Differences:
    weights = regions.border, regions.inside
    photos, channels = library.cells[0, rows].shape
    border, inside, along = np.zeros((3, photos), np.float32)
    for cell in regions.used:
        values = library.cells[cell, rows].astype(np.float32)  # (photos, channels)
        values -= source[cell]
        if step is not None:
            along += values @ step[cell]
        values /= library.spread
        squared = np.einsum("ij,ij->i", values, values) / channels
        border += weights[0][cell] * squared
        inside += weights[1][cell] * squared
    amount = None if step is None else along / max(float(np.square(step).sum()), LEAST)
    return Differences(start=rows.start, border=border, inside=inside, amount=amount)


def cells_of(stylemap: Stylemap) -> CellRows:
    """Turn a stylemap, a batch of one, into a row of channels for each cell."""
    values = to_numpy(stylemap)[0]
    return np.ascontiguousarray(values.reshape(len(values), -1).T, np.float32)
