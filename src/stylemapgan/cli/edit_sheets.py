"""Pictures side by side: what an edit took, what directions do, what parts cover."""

import colorsys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from stylemapgan.cli.results import write_sheet
from stylemapgan.data.photo_order import spread_rows
from stylemapgan.editing import AbstractEditor, Part
from stylemapgan.editing.directions import Direction
from stylemapgan.editing.operations import move, push
from stylemapgan.images import Provenance
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images, Mask, Stylemap

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


AMOUNTS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
"""Amounts of the columns, in standard deviations of photos."""
AMOUNT_TITLES = [f"{amount:+g}" if amount else "0" for amount in AMOUNTS]
ROWS = 4
"""Pictures that show a single direction."""


def pushed_row(
    editor: AbstractEditor, stylemap: Stylemap, direction: Direction, mask: Mask | None = None
) -> list[Images]:
    """Decode a stylemap at every amount.

    Args:
        editor: Decodes the stylemaps.
        stylemap: A batch of one.
        direction: Direction to push along.
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
        path: File to write.
        editor: Decodes the stylemaps.
        stylemaps: At least one; some are shown.
        directions: At least one.
        provenance: What the file says about its origin.
    """
    count = min(ROWS, len(stylemaps)) if len(directions) == 1 else 1
    shown = [stylemaps[i : i + 1] for i in spread_rows(len(stylemaps), count)]
    rows = [pushed_row(editor, each, direction) for direction in directions for each in shown]
    titles = [direction.label for direction in directions for _ in shown]
    write_sheet(path, rows, titles, AMOUNT_TITLES, provenance)


SHADE = 0.25
"""Share of the brightness that remains outside a part."""
PAINT = 0.6
"""Share of its part's colour in each pixel of an overview of all parts."""
GOLDEN_RATIO = 0.618
"""Steps of this length around the colour wheel keep many hues apart."""


def spotlight(picture: Images, mask: Mask) -> Images:
    """Darken a picture where a part is not."""
    light = SHADE + (1 - SHADE) * mask
    return ((picture + 1) * light - 1).astype(np.float32)


def paint(picture: Images, masks: Sequence[Mask]) -> Images:
    """Paint every part in a colour of its own."""
    hues = [(0.6 + GOLDEN_RATIO * index) % 1 for index in range(len(masks))]
    colours = [np.array(colorsys.hsv_to_rgb(hue, 0.8, 1)).reshape(3, 1, 1) * 2 - 1 for hue in hues]
    painted = np.sum([mask * each for mask, each in zip(masks, colours, strict=True)], axis=0)
    return ((1 - PAINT) * picture + PAINT * painted).astype(np.float32)


def write_part_rows(
    path: Path,
    pictures: Images,
    masks: Mapping[str, Mask],
    provenance: Provenance | None,
) -> None:
    """Write pictures in a row and, below, what each part covers of them.

    Args:
        path: File to write.
        pictures: At least one.
        masks: Title of a part → its masks, one for each picture.
        provenance: What the file says about its origin.
    """
    rows = [list(pictures), *(list(spotlight(pictures, mask)) for mask in masks.values())]
    write_sheet(path, rows, ["photo", *masks], None, provenance)
