"""Show what parts cover of pictures."""

import colorsys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from stylemapgan.cli.results import write_sheet
from stylemapgan.images import Provenance
from stylemapgan.types import Images, Mask

SHADE = 0.25
"""How much light is left of a picture where a part is not."""
PAINT = 0.6
"""How much of a pixel is its part's colour, where all parts are painted."""
GOLDEN_RATIO = 0.618
"""Steps of this length around the colour wheel never come close to each other soon."""


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
        path: Where to.
        pictures: At least one.
        masks: Title of a part → its masks, one for each picture.
        provenance: What the file tells about its origin.
    """
    rows = [list(pictures), *(list(spotlight(pictures, mask)) for mask in masks.values())]
    write_sheet(path, rows, ["photo", *masks], None, provenance)
