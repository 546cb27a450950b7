"""Refine a found square by the model's own view of it."""

import math
from typing import TYPE_CHECKING

import numpy as np

from stylemapgan.editing.framing.framing import Framing, Offsets
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.square import Square, turn
from stylemapgan.images.levels import batch_for

if TYPE_CHECKING:
    from stylemapgan.editing.abstract import AbstractEditor

VIEWS = 8
"""Squares around the found one that are encoded; their estimates are averaged."""
AROUND = (0.02, 0.02, 0.04, 3.0)
"""How far these squares are off the found one at most, as an offset."""
FARTHEST = (0.12, 0.12, 0.35, 20.0)
"""An estimate farther away is outside what was learned; the found square is kept."""
CLEAR = 1.0
"""Least change, in deviations between the estimates; for less, the found square is kept."""
BATCH = 16
"""Squares of up to 128 pixels encoded at once."""


def refine_square(
    editor: "AbstractEditor", framing: Framing, photo: FullPhoto, square: Square
) -> Square:
    """Move, scale and turn a found square so that its photo is framed as the model's photos are.

    The square and others around it are encoded. Each estimates the right square; the mean is
    taken, unless the estimates differ more than the mean changes, or it is farther from the
    found square than any that the framing was learned from.

    Args:
        editor: Runs the model.
        framing: Of that model's photos.
        photo: The photo.
        square: What a finder found in it.

    Raises:
        EditError: The framing belongs to another model.
    """
    views = [moved(square, offset) for offset in _around()]
    estimates = [
        moved(view, offset)
        for view, offset in zip(views, _offsets(editor, framing, photo, views), strict=True)
    ]
    changes = np.array([offset_between(square, estimate) for estimate in estimates])
    change, spread = np.median(changes, axis=0), changes.std(axis=0)
    if (abs(change) > FARTHEST).any() or (abs(change) < CLEAR * spread).all():
        return square
    return moved(square, change)


def moved(square: Square, offset: np.ndarray) -> Square:
    """Find the square that lies at an offset from another one."""
    right, down, growth, degrees = map(float, offset)
    x, y = turn((right * square.side, down * square.side), square.rotation)
    return Square(
        x=square.x + x,
        y=square.y + y,
        side=square.side * math.exp(growth),
        rotation=square.rotation + degrees,
    )


def offset_between(square: Square, other: Square) -> tuple[float, float, float, float]:
    """Find the offset at which the other square lies; `moved` undoes it."""
    right, down = turn((other.x - square.x, other.y - square.y), -square.rotation)
    degrees = (other.rotation - square.rotation + 180) % 360 - 180
    growth = math.log(other.side / square.side)
    return right / square.side, down / square.side, growth, degrees


def _around() -> Offsets:
    """Spread squares evenly around the found one, which is the first; always the same ones."""
    random = np.random.default_rng(0)
    offsets = random.uniform(-1, 1, (VIEWS, len(AROUND))) * AROUND
    offsets[0] = 0
    return offsets


def _offsets(
    editor: "AbstractEditor", framing: Framing, photo: FullPhoto, views: list[Square]
) -> Offsets:
    size = editor.image_size
    rows = batch_for(size, BATCH)
    crops = [photo.crop(view, size) for view in views]
    return np.concatenate(
        [
            framing.offsets(editor.encode(np.concatenate(crops[start : start + rows])))
            for start in range(0, len(crops), rows)
        ]
    )
