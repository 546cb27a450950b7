"""Contact sheets of all stylemap sizes side by side."""

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.paper.training import is_finished, newest_snapshot
from benchmarks.paper.variants import SIZES, Cell, DataName
from stylemapgan import images
from stylemapgan.data import spread_rows
from stylemapgan.editing import Editor
from stylemapgan.types import Array

ROWS = 6
TILE = 96
DRAWN: DataName = "avatars"
"""Data set whose pictures may be published; photos of people may not."""


def reconstructions_sheet(output: Path, data: DataName, folder: Path) -> Array:
    """Lay out reconstructions of test pictures by each stylemap size, spread evenly over all.

    Drawn pictures are shown beside them; photos are not, because the sheet is for publishing.
    """
    editors = open_editors(output, data)
    rows = []
    for path in _spread(sorted((folder / "val").iterdir())):
        photo = images.read(path, next(iter(editors.values())).image_size)
        shown = [photo] if data == DRAWN else []
        rows.append([*shown, *(editor.reconstruct(photo) for editor in editors.values())])
    titles = [*(["drawing"] if data == DRAWN else []), *map(_title, editors)]
    return images.contact_sheet(rows, column_titles=titles, tile=TILE)


def edits_sheet(output: Path, data: DataName, folder: Path) -> Array:
    """Lay out swapped parts: both pictures, the true result, and each size's edit in w_plus.

    The first swap of each part is shown.
    """
    editors = open_editors(output, data)
    triples = _first_of_each_part(folder / "triples")
    rows = []
    for triple in triples.values():
        names = ("source", "reference", "truth")
        source, reference, truth = (images.read(triple / f"{name}.png") for name in names)
        mask = images.read_mask(triple / "mask.png", source.shape[-1])
        edits = [editor.blend_w_plus(source, reference, mask) for editor in editors.values()]
        rows.append([source, reference, truth, *edits])
    titles = ["source", "reference", "true result", *map(_title, editors)]
    return images.contact_sheet(rows, row_titles=list(triples), column_titles=titles, tile=TILE)


def open_editors(output: Path, data: DataName) -> dict[int, Editor]:
    """Open the trained model of each stylemap size, smallest first."""
    cells = [Cell(data=data, stylemap_size=size) for size in sorted(SIZES)]
    folders = {cell.stylemap_size: output / "cells" / cell.name for cell in cells}
    return {
        size: Editor.load(newest_snapshot(folder), precision="32-true")
        for size, folder in folders.items()
        if is_finished(folder)
    }


def _first_of_each_part(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for line in (folder / "triples.jsonl").read_text("utf-8").splitlines():
        triple = json.loads(line)
        found.setdefault(triple["part"].replace("_", " "), folder / triple["folder"])
    return found


def _spread(paths: Sequence[Path]) -> list[Path]:
    return [paths[row] for row in spread_rows(len(paths), ROWS)]


def _title(size: int) -> str:
    return "vector" if size == 1 else f"{size}x{size}"
