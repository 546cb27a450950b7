"""Write what a command made, and say so."""

from collections.abc import Sequence
from pathlib import Path

from stylemapgan import images
from stylemapgan.images.files import ANIMATION_ENCODERS
from stylemapgan.types import Array, Images

TILE = 192
"""Least height and width of a picture on a sheet, in pixels."""


def write_picture(path: Path, picture: Images) -> None:
    """Write one picture."""
    images.write(path, picture)
    print(f"wrote {path}")


def write_sheet(
    path: Path,
    rows: Sequence[Sequence[Array | None]],
    row_titles: Sequence[str] | None = None,
    column_titles: Sequence[str] | None = None,
) -> None:
    """Write a sheet of titled pictures, enlarged if they are small.

    Args:
        path: Where to.
        rows: Images of each row, with or without a batch axis; None leaves a place empty.
        row_titles: Names to the left of the rows.
        column_titles: Names above the columns.
    """
    first = next(picture for row in rows for picture in row if picture is not None)
    tile = max(TILE, first.shape[-1])
    write_picture(path, images.contact_sheet(rows, row_titles, column_titles, tile=tile))


def write_frames(path: Path, frames: Images, titles: Sequence[str], milliseconds: int) -> None:
    """Write frames as an animation that goes back and forth, or as a sheet.

    Args:
        path: Where to; .gif and .webp make an animation, other suffixes a sheet.
        frames: At least two images.
        titles: What each frame is, for the sheet.
        milliseconds: How long each frame of the animation shows.
    """
    if path.suffix.lower() not in ANIMATION_ENCODERS:
        write_sheet(path, [list(frames)], column_titles=titles)
        return
    there = list(range(len(frames)))
    images.write_animation(path, frames[there + there[-2:0:-1]], milliseconds)
    print(f"wrote {path}")
