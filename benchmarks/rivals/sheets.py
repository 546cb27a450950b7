"""Sheets of the same photos and edits by every method."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from benchmarks.rivals.cells import DataName
from benchmarks.rivals.demonstrations import EDITS, GIVEN, PHOTOS, split
from benchmarks.rivals.entries import first_entries
from stylemapgan import images
from stylemapgan.types import Array

TILE = 80
"""Height and width of a picture on a sheet, in pixels."""
Kind = Literal["reconstructions", "edits"]
COLUMNS = {"reconstructions": PHOTOS, "edits": EDITS}
"""Kind of sheet → what its columns show, by data set."""
Tiles = list[Array | None]


def write_sheets(results: Path, folder: Path) -> list[Path]:
    """Write a sheet of reconstructions and one of edits, all data sets side by side.

    Args:
        results: Folder with the strips that `measure` drew.
        folder: Folder for the sheets.

    Returns:
        The sheets for which there are strips.
    """
    found = []
    for kind in get_args(Kind):
        rows = {title: tiles for title, tiles in _rows(results, kind) if any_tile(tiles)}
        if rows:
            path = folder / f"rivals-{kind}.webp"
            sheet = images.contact_sheet(list(rows.values()), row_titles=list(rows), tile=TILE)
            images.write(path, sheet)
            found.append(path)
    return found


def any_tile(tiles: Sequence[Array | None]) -> bool:
    """Whether a row shows anything."""
    return any(tile is not None for tile in tiles)


def _rows(results: Path, kind: Kind) -> list[tuple[str, Tiles]]:
    """Lay out what methods were given, then each method's results."""
    given = [
        (title, _tiles(results, kind, {data: f"{data}-{title}" for data in get_args(DataName)}))
        for title in GIVEN[kind]
    ]
    files: dict[str, dict[DataName, str]] = {}
    for entry in first_entries():
        files.setdefault(entry.method, {})[entry.cell.data] = f"{entry.name}-{kind}"
    return given + [(method, _tiles(results, kind, names)) for method, names in files.items()]


def _tiles(results: Path, kind: Kind, names: dict[DataName, str]) -> Tiles:
    """Read strips; a method without one leaves its columns empty.

    Data sets that no method was measured on have no columns.

    Args:
        results: Folder with the strips.
        kind: Which columns there are.
        names: Names of the strips; methods that do not take part in a data set have none for it.
    """
    tiles: Tiles = []
    for data, shown in COLUMNS[kind].items():
        path = results / f"{names.get(data, '')}.webp"
        if not (results / f"{data}-{GIVEN[kind][0]}.webp").exists():
            continue
        if path.exists():
            tiles += list(split(images.read(path)))
        else:
            tiles += [None] * len(shown)
    return tiles
