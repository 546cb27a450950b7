"""Which part of the data each picture belongs to; that does not depend on the other pictures."""

import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from stylemapgan.data.preparing.settings import PrepareSettings
from stylemapgan.errors import DataError

PARTS = ("train", "val", "test")
FILE_COLUMNS = ("file", "filename", "name")
"""Columns that may say which picture a row is about."""


def split(names: Sequence[str], settings: PrepareSettings) -> list[str | None]:
    """Name the part of each picture; None for one that the labels do not mention.

    Raises:
        DataError: The labels cannot be read, contradict themselves, or mention no picture.
    """
    keys = _keys(names, settings)
    if not any(keys) and settings.needs_labels:
        raise DataError(
            f"{settings.labels} has no row for any of the {len(names)} pictures, "
            f"such as {names[0]}."
        )
    return [None if key is None else part_of(key, settings) for key in keys]


def part_of(key: str, settings: PrepareSettings) -> str:
    """Draw the part for all pictures with this key: the hash is a number from 0 to 1."""
    text = f"{settings.seed}\0{key}".encode("utf-8", "surrogatepass")
    drawn = int.from_bytes(hashlib.sha256(text).digest()[:8]) / 2**64
    if drawn < settings.test:
        return "test"
    return "val" if drawn < settings.test + settings.validation else "train"


def _keys(names: Sequence[str], settings: PrepareSettings) -> list[str] | list[str | None]:
    if settings.split_by == "file":
        return list(names)
    if settings.split_by == "folder":
        return [str(PurePosixPath(name).parent) for name in names]
    assert settings.labels is not None  # the settings see to it
    values = _read_column(settings.labels, settings.split_by)
    return [values.get(name, values.get(PurePosixPath(name).name)) for name in names]


def _read_column(path: Path, column: str) -> dict[str, str]:
    """Map the file of each row to the row's value in a column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            columns = list(table.fieldnames or [])
            rows = list(table)
    except OSError as error:
        raise DataError(f"The labels {path} cannot be read: {error.strerror}.") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"The labels {path} are no CSV table: {error}.") from None
    if column not in columns:
        raise DataError(
            f"The labels {path} have no column {column!r}; there are {', '.join(columns)}."
        )
    file_column = next((name for name in FILE_COLUMNS if name in columns), columns[0])
    values: dict[str, str] = {}
    for row in rows:
        name, value = row[file_column], row[column]
        if not value:
            continue  # nobody knows: as if the row were not there
        if values.setdefault(name, value) != value:
            raise DataError(
                f"The labels {path} give {name} two values of {column}: {values[name]}, {value}."
            )
    return values
