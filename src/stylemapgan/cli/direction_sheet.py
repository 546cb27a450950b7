"""Show what directions do: pictures pushed along them, step by step."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stylemapgan.cli.results import write_sheet
from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.directions import Direction
from stylemapgan.editing.operations import push
from stylemapgan.images import Provenance
from stylemapgan.types import Images, Mask, Stylemap

AMOUNTS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
"""How far each column goes."""
AMOUNT_TITLES = [f"{amount:+g}" if amount else "0" for amount in AMOUNTS]
ROWS = 4
"""Pictures that show a single direction."""


def pushed_row(
    editor: AbstractEditor, stylemap: Stylemap, direction: Direction, mask: Mask | None = None
) -> list[Images]:
    """Decode a stylemap at every amount.

    Args:
        editor: Who decodes.
        stylemap: A batch of one.
        direction: Where to.
        mask: Where to push, in pixels; everywhere if left out.
    """
    start, step = editor.as_array(stylemap), editor.as_array(direction.step)
    where = None if mask is None else editor.as_mask(mask)
    return [editor.decode(push(start, step, amount, where)) for amount in AMOUNTS]


def write_direction_sheet(
    path: Path,
    editor: AbstractEditor,
    stylemaps: Stylemap,
    directions: Sequence[Direction],
    provenance: Provenance | None,
) -> None:
    """Write a row for each direction; for a single one, rows of several pictures.

    Args:
        path: Where to.
        editor: Who decodes.
        stylemaps: At least one; some are shown.
        directions: At least one.
        provenance: What the file tells about its origin.
    """
    count = min(ROWS, len(stylemaps)) if len(directions) == 1 else 1
    shown = [stylemaps[i : i + 1] for i in np.linspace(0, len(stylemaps) - 1, count, dtype=int)]
    rows = [pushed_row(editor, each, direction) for direction in directions for each in shown]
    titles = [direction.label for direction in directions for _ in shown]
    write_sheet(path, rows, titles, AMOUNT_TITLES, provenance)
