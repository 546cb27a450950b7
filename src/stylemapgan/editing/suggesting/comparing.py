"""How every photo of a library would change a source: exact, and in constant memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from stylemapgan.editing.directions import Direction
from stylemapgan.editing.suggesting.cell_colours import colours_of
from stylemapgan.editing.suggesting.library import Library
from stylemapgan.editing.suggesting.regions import Border, Regions
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Stylemap

CHUNK = 4096
"""Photos that are compared at once; a cell of them takes a megabyte of memory."""
LEAST = 1e-12
"""Smallest squared length of a direction inside a mask."""

CellRows = Float32[np.ndarray, "cells channels"]
Colours = Float[np.ndarray, "_ 3"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Differences:
    """How consecutive photos of a library would change the source."""

    start: int
    """Row of the first of them."""
    seam: Float32[np.ndarray, " photos"]
    """How much harder or softer than in the two pictures colours step across the border, with
    cells of the photo inside and cells of the source outside; lengths in RGB from -1 to 1."""
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
        library: Stays on disk; only the cells under the mask and around it are read.
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
    photos, channels = library.cells[0, rows].shape
    colours: dict[int, Colours] = {}
    inside, along = np.zeros((2, photos), np.float32)
    for cell in regions.cells:
        values = library.cells[cell, rows].astype(np.float32)  # (photos, channels)
        if cell in regions.border.cells:
            colours[cell] = colours_of(values, library.colours)
        if regions.coverage[cell] == 0:
            continue
        values -= source[cell]
        if wanted is not None:
            along += values @ wanted[cell]
        values /= library.spread
        inside += regions.shares[cell] * np.einsum("ij,ij->i", values, values) / channels
    amount = None if wanted is None else along / max(float(np.square(wanted).sum()), LEAST)
    seam = _seam(colours, colours_of(source, library.colours), regions.border, photos)
    return Differences(start=rows.start, seam=seam, inside=inside, amount=amount)


def _seam(
    references: Mapping[int, Colours], source: Colours, border: Border, photos: int
) -> Float32[np.ndarray, " photos"]:
    """Compare the steps across the border with those of the source and of each reference."""
    apart = np.zeros(photos, np.float32)
    for cell, neighbour, weight in border.pairs():
        ours, theirs = references[cell], references[neighbour]  # (photos, 3)
        mixed = np.linalg.norm(ours - source[neighbour], axis=1)
        natural = np.linalg.norm(ours - theirs, axis=1)
        natural += float(np.linalg.norm(source[cell] - source[neighbour]))
        apart += weight * np.abs(mixed - natural / 2)
    return apart


def cells_of(stylemap: Stylemap) -> CellRows:
    """Turn a stylemap, a batch of one, into a row of channels for each cell."""
    values = to_numpy(stylemap)[0]
    return np.ascontiguousarray(values.reshape(len(values), -1).T, np.float32)
