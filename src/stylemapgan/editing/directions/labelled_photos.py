"""Labelled photos: in two folders, or in a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stylemapgan import images, zoo
from stylemapgan.data.user_tables import Row, Table, read_table
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.errors import DataError
from stylemapgan.images.levels import batch_for, to_numpy
from stylemapgan.types import Stylemap

BATCH = 16
"""Photos of up to 128 pixels encoded at once."""


@dataclass(frozen=True, kw_only=True)
class LabelledPhotos:
    """Photos with and without something."""

    paths: tuple[Path, ...]
    labels: tuple[bool, ...]
    """For each photo, whether it has it."""
    groups: tuple[str, ...] | None = None
    """For each photo, the person it shows; None if unknown."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which column of a table labels photos, and how."""

    column: str
    """Column that holds the labels."""
    positive: Sequence[str]
    """Values that mean yes."""
    negative: Sequence[str] = ()
    """Values that mean no; if empty, all others. Photos with neither are skipped."""
    groups: str | None = None
    """Column that names the person in each photo."""


def photos_in_folders(having: Path, lacking: Path) -> LabelledPhotos:
    """List the photos of a folder with positive examples and one with negative examples.

    Raises:
        ImageError: A folder is missing.
    """
    with_it, without = zoo.pictures_in(having), zoo.pictures_in(lacking)
    labels = (True,) * len(with_it) + (False,) * len(without)
    return LabelledPhotos(paths=(*with_it, *without), labels=labels)


def photos_in_table(table: Path, folder: Path, question: Question) -> LabelledPhotos:
    """List the photos in a folder that a table labels.

    Args:
        table: A .csv file with a line of names, or a .jsonl file with an object a line. The
            column `file` (or `Table.file_column`) names each photo, with or without folders
            before it. Photos whose deciding value is empty are left out.
        folder: Where the photos are; lines about photos elsewhere are left out.
        question: What to ask the table.

    Raises:
        DataError: The table or the folder is missing, the table cannot be read or lacks a column,
            or no photo of it is in the folder.
    """
    if not folder.is_dir():
        raise DataError(f"The folder of photos {folder} does not exist.")
    read = read_table(table)
    column = read.column(question.column)
    groups = None if question.groups is None else read.column(question.groups)
    found: list[tuple[Path, bool, str]] = []
    for file, row in read.files():
        value = row.values.get(column, "")
        has_it = value in question.positive
        lacks_it = value in question.negative if question.negative else bool(value) and not has_it
        path = _path_of(folder, file) if has_it or lacks_it else None
        if path:
            found.append((path, has_it, "" if groups is None else _group(read, row, groups)))
    if not found:
        raise DataError(
            f"{table} labels no photo in {folder}; its column {read.file_column!r} must name the "
            "photos."
        )
    paths, labels, people = zip(*found, strict=True)
    return LabelledPhotos(paths=paths, labels=labels, groups=None if groups is None else people)


def encode_photos(
    editor: AbstractEditor,
    paths: Sequence[Path],
    show: Callable[[int, int], None] = lambda done, total: None,
) -> Stylemap:
    """Encode the middle squares of photos in float32.

    Args:
        editor: Runs the model.
        paths: At least one photo.
        show: Called with the number of photos done, and of all photos.

    Raises:
        ImageError: A photo cannot be read.
    """
    stylemaps, editor = [], editor.in_float32()
    rows = batch_for(editor.image_size, BATCH)
    for start in range(0, len(paths), rows):
        show(start, len(paths))
        batch = [images.read(path, editor.image_size) for path in paths[start : start + rows]]
        stylemaps.append(to_numpy(editor.encode(np.concatenate(batch))))
    show(len(paths), len(paths))
    return np.concatenate(stylemaps)


def _path_of(folder: Path, file: str) -> Path | None:
    """Find a row's photo, named from the folder or by its last name alone."""
    candidates = (folder / file, folder / Path(file).name)
    return next((path for path in candidates if path.is_file()), None)


def _group(table: Table, row: Row, column: str) -> str:
    group = row.values.get(column)
    if not group:
        raise DataError(
            f"{table.path}, line {row.line} has no value in the column {column!r}, which names "
            "the person in each photo: fill it for every photo."
        )
    return group
