"""Photos that somebody has labelled: in two folders, or in a table."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stylemapgan import images, zoo
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.errors import DataError
from stylemapgan.images.batches import batch_for
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Stylemap

BATCH = 16
"""Photos of up to 128 pixels encoded at once."""
FILE = "file"
"""Column that names the photo of a row."""


@dataclass(frozen=True, kw_only=True)
class LabelledPhotos:
    """Photos with and without something."""

    paths: tuple[Path, ...]
    labels: tuple[bool, ...]
    """For each photo, whether it has it."""
    groups: tuple[str, ...] | None = None
    """For each photo, whom it shows; None if nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What to ask a table about each photo."""

    column: str
    """Column that decides."""
    positive: Sequence[str]
    """Values there of photos that have it."""
    negative: Sequence[str] = ()
    """Values of photos that have not; all others if empty. Photos with neither are left out."""
    groups: str | None = None
    """Column that tells whom a photo shows."""


def photos_in_folders(having: Path, lacking: Path) -> LabelledPhotos:
    """List the photos of a folder that have something and of another that have not.

    Raises:
        ImageError: A folder is missing.
    """
    with_it, without = zoo.pictures_in(having), zoo.pictures_in(lacking)
    labels = (True,) * len(with_it) + (False,) * len(without)
    return LabelledPhotos(paths=(*with_it, *without), labels=labels)


def photos_in_table(table: Path, folder: Path, question: Question) -> LabelledPhotos:
    """List the photos that a table says enough about and that are in a folder.

    Args:
        table: A .csv file with a line of names, or a .jsonl file with an object a line. The
            column `file` names each photo, with or without folders before it.
        folder: Where the photos are; lines about photos elsewhere are left out.
        question: What to ask the table.

    Raises:
        DataError: The table or the folder is missing, the table cannot be read or lacks a column,
            or no photo of it is in the folder.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder of photos at {folder}.")
    found: list[tuple[Path, bool, str]] = []
    for row in _rows(table):
        value = _value(table, row, question.column)
        has_it = value in question.positive
        lacks_it = value in question.negative if question.negative else not has_it
        path = _place(folder, _value(table, row, FILE)) if has_it or lacks_it else None
        if path:
            group = _value(table, row, question.groups) if question.groups else ""
            found.append((path, has_it, group))
    if not found:
        raise DataError(f"No photo in {folder} has a line in {table} that answers the question.")
    paths, labels, groups = zip(*found, strict=True)
    return LabelledPhotos(
        paths=paths, labels=labels, groups=groups if question.groups is not None else None
    )


def encode_photos(
    editor: AbstractEditor,
    paths: Sequence[Path],
    show: Callable[[int, int], None] = lambda done, total: None,
) -> Stylemap:
    """Encode the middle squares of photos.

    Args:
        editor: Whose stylemaps.
        paths: At least one photo.
        show: Told how many of how many photos are done.

    Raises:
        ImageError: A photo cannot be read.
    """
    stylemaps = []
    rows = batch_for(editor.image_size, BATCH)
    for start in range(0, len(paths), rows):
        show(start, len(paths))
        batch = [images.read(path, editor.image_size) for path in paths[start : start + rows]]
        stylemaps.append(to_numpy(editor.encode(np.concatenate(batch))))
    show(len(paths), len(paths))
    return np.concatenate(stylemaps)


def _place(folder: Path, file: str) -> Path | None:
    """Find a row's photo, named from the folder or by its last name alone."""
    candidates = (folder / file, folder / Path(file).name)
    return next((path for path in candidates if path.is_file()), None)


def _rows(table: Path) -> Iterator[dict[str, Any]]:
    if not table.is_file():
        raise DataError(f"There is no table of labels at {table}.")
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            if table.suffix.lower() == ".jsonl":
                yield from (json.loads(line) for line in lines if line.strip())
            else:
                yield from csv.DictReader(lines)
    except (ValueError, csv.Error) as error:
        raise DataError(f"{table} is no table of labels: {error}.") from None


def _value(table: Path, row: Any, column: str) -> str:
    if not isinstance(row, dict) or row.get(column) is None:
        known = ", ".join(str(name) for name in row) if isinstance(row, dict) else "no columns"
        raise DataError(f"{table} has no column {column!r} in every line; it has: {known}.")
    return str(row[column])
