"""Which part of the data each picture belongs to; that does not depend on the other pictures."""

import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from stylemapgan.data.preparing.config import PrepareConfig
from stylemapgan.data.tables import read_table
from stylemapgan.errors import DataError

PARTS = ("train", "val", "test")


def split(names: Sequence[str], settings: PrepareConfig) -> list[str | None]:
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


def part_of(key: str, settings: PrepareConfig) -> str:
    """Draw the part for all pictures with this key: the hash is a number from 0 to 1."""
    text = f"{settings.seed}\0{key}".encode("utf-8", "surrogatepass")
    drawn = int.from_bytes(hashlib.sha256(text).digest()[:8]) / 2**64
    if drawn < settings.test:
        return "test"
    return "val" if drawn < settings.test + settings.validation else "train"


def _keys(names: Sequence[str], settings: PrepareConfig) -> list[str] | list[str | None]:
    if settings.split_by == "file":
        return list(names)
    if settings.split_by == "folder":
        return [str(PurePosixPath(name).parent) for name in names]
    assert settings.labels is not None  # the settings see to it
    values = _read_column(settings.labels, settings.split_by)
    return [values.get(name, values.get(PurePosixPath(name).name)) for name in names]


def _read_column(path: Path, name: str) -> dict[str, str]:
    """Map the file of each row to the row's value in a column."""
    table = read_table(path)
    column = table.column(name)
    values: dict[str, str] = {}
    for file, row in table.files():
        value = row.values.get(column, "")
        if not value:
            continue  # nobody knows: as if the row were not there
        if values.setdefault(file, value) != value:
            raise DataError(
                f"{path} gives {file} two values of {column}: {values[file]}, {value} "
                f"(line {row.line})."
            )
    return values
