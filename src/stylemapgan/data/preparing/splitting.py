"""Split pictures into parts; a picture's part does not depend on the other pictures."""

import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from stylemapgan.data.preparing.prepare_config import PrepareConfig
from stylemapgan.data.user_tables import read_table
from stylemapgan.errors import DataError

PARTS = ("train", "val", "test")


def split(names: Sequence[str], config: PrepareConfig) -> list[str | None]:
    """Return the part of each picture; None for pictures missing from the labels.

    Raises:
        DataError: The labels cannot be read, contradict themselves, or name none of the pictures.
    """
    keys = _keys(names, config)
    if not any(keys) and config.needs_labels:
        raise DataError(
            f"{config.labels} has no row for any of the {len(names)} pictures; its rows must name "
            f"them as the source does, for example {names[0]}."
        )
    return [None if key is None else part_of(key, config) for key in keys]


def part_of(key: str, config: PrepareConfig) -> str:
    """Choose the part of all pictures with this key, by a hash from 0 to 1."""
    text = f"{config.seed}\0{key}".encode("utf-8", "surrogatepass")
    drawn = int.from_bytes(hashlib.sha256(text).digest()[:8]) / 2**64
    if drawn < config.test:
        return "test"
    return "val" if drawn < config.test + config.validation else "train"


def _keys(names: Sequence[str], config: PrepareConfig) -> list[str] | list[str | None]:
    if config.split_by == "file":
        return list(names)
    if config.split_by == "folder":
        return [str(PurePosixPath(name).parent) for name in names]
    assert config.labels is not None  # checked by PrepareConfig
    values = _read_column(config.labels, config.split_by)
    return [values.get(name, values.get(PurePosixPath(name).name)) for name in names]


def _read_column(path: Path, name: str) -> dict[str, str]:
    """Map each row's file to its value in a column."""
    table = read_table(path)
    column = table.column(name)
    values: dict[str, str] = {}
    for file, row in table.files():
        value = row.values.get(column, "")
        if not value:
            continue  # as if the row were missing
        if values.setdefault(file, value) != value:
            raise DataError(
                f"{path} gives {file} two values of {column}: {values[file]} and {value} (line "
                f"{row.line})."
            )
    return values
