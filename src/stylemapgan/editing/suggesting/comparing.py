"""How photos of a library would change a source: at the border of a mask, and inside."""

import numpy as np
from jaxtyping import Float32, Int64

from stylemapgan.editing.directions import Direction
from stylemapgan.editing.suggesting.cell_colours import colours_of
from stylemapgan.editing.suggesting.library import Library
from stylemapgan.editing.suggesting.regions import Border, Regions
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Stylemap

LEAST = 1e-12
"""Smallest squared length of a direction inside a mask."""
MOST_CHANGE = 1.0
"""What no change exceeds."""

CellRows = Float32[np.ndarray, "cells channels"]
Values = Float32[np.ndarray, " photos"]


def seams(library: Library, photos: slice, source: CellRows, border: Border) -> Values:
    """Tell how much harder or softer than in the two pictures colours step across the border.

    Cells of the photo are inside and cells of the source outside. Lengths in RGB from -1 to 1.

    Args:
        library: Only colours of cells at the border are read.
        photos: Rows of the library.
        source: Cells of the source.
        border: Of the mask.
    """
    ours = colours_of(source, library.colours)
    apart = np.zeros(len(range(*photos.indices(len(library)))), np.float32)
    for cell, neighbour, weight in border.pairs():
        theirs, beside = library.shown[cell, :, photos], library.shown[neighbour, :, photos]
        mixed = _lengths(theirs - ours[neighbour, :, None])
        natural = _lengths(theirs - beside)
        natural += float(np.linalg.norm(ours[cell] - ours[neighbour]))
        apart += weight * np.abs(mixed - natural / 2)
    return apart


def _lengths(colours: Float32[np.ndarray, "3 photos"]) -> Values:
    return np.sqrt(np.square(colours).sum(axis=0))


def changes(
    library: Library,
    photos: Int64[np.ndarray, " photos"],
    source: CellRows,
    regions: Regions,
    toward: Direction | None = None,
) -> Values:
    """Measure what changes inside the mask, from 0 to 1; twice as much is not twice as good.

    That is d / (1 + d), for the mean squared difference d of the cells inside, each channel in
    units of how much it varies in the library: 2 for two photos that have nothing in common. Toward
    a direction, d is how far the photo lies along it inside the mask, in steps of `move`, and the
    change is d / (1 + |d|), from -1 to 1.

    Args:
        library: Only cells under the mask are read.
        photos: Rows of the library.
        source: Cells of the source.
        regions: The mask.
        toward: The direction; None counts any change.
    """
    wanted = None if toward is None else cells_of(toward.step) * regions.coverage[:, None]
    total = np.zeros(len(photos), np.float32)
    for cell in np.flatnonzero(regions.coverage).tolist():
        apart = library.cells[cell, photos].astype(np.float32) - source[cell]
        if wanted is not None:
            total += apart @ wanted[cell]
            continue
        apart /= library.spread
        total += regions.shares[cell] * np.einsum("ij,ij->i", apart, apart) / apart.shape[1]
    if wanted is not None:
        total /= max(float(np.square(wanted).sum()), LEAST)
    return total / (1 + np.abs(total))


def cells_of(stylemap: Stylemap) -> CellRows:
    """Turn a stylemap, a batch of one, into a row of channels for each cell."""
    values = to_numpy(stylemap)[0]
    return np.ascontiguousarray(values.reshape(len(values), -1).T, np.float32)
