"""Read tables that users bring: labels and attributes of pictures, names of parts.

Spreadsheets write many dialects of CSV: separated by commas, semicolons, tabs or bars; in UTF-8
with or without a byte order mark, UTF-16 or Windows-1252; with any line ends. JSON lines hold an
object in each line.
"""

import codecs
import csv
import io
import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from stylemapgan.errors import DataError

logger = logging.getLogger(__name__)

FILE_COLUMNS = ("file", "filename", "file_name", "name", "image", "path", "picture", "photo")
"""Columns that may name a row's picture, in upper or lower case."""
DELIMITERS = ",;\t|"
"""Separators of values; the most frequent one in the header is used."""
DECLARED = "sep="
"""Spreadsheets may declare the separator in a line before the header."""
JSON_LINES = ".jsonl"
ARCHIVE = b"PK\x03\x04"
"""First bytes of a spreadsheet file (.xlsx, .ods)."""


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    line: int
    """Its number in the file, from 1."""
    values: Mapping[str, str]
    """Column → value, stripped; without columns that the line lacks."""


@dataclass(frozen=True)
class Table:
    """Rows with named columns."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, name: str) -> str:
        """Find a column by its exact name, else in upper or lower case.

        Raises:
            DataError: The column does not exist.
        """
        if name in self.columns:
            return name
        for column in self.columns:
            if column.lower() == name.strip().lower():
                return column
        existing = ", ".join(filter(None, self.columns)) or "none"
        raise DataError(f"{self.path} has no column {name!r}; its columns are {existing}.")

    @property
    def file_column(self) -> str:
        """The column that names a row's picture.

        It is one of `FILE_COLUMNS`, preferably one whose values look like file names; else the
        first column.
        """
        in_lower_case = {column.lower(): column for column in reversed(self.columns)}
        likely = [in_lower_case[name] for name in FILE_COLUMNS if name in in_lower_case]
        for column in likely:
            if any(PurePosixPath(row.values.get(column, "")).suffix for row in self.rows[:1]):
                return column
        return likely[0] if likely else self.columns[0]

    def files(self) -> Iterator[tuple[str, Row]]:
        """Yield each row with the name of its picture, with forward slashes.

        Raises:
            DataError: A row names no picture.
        """
        column = self.file_column
        for row in self.rows:
            name = row.values.get(column, "")
            if not name:
                raise DataError(
                    f"{self.path}, line {row.line} names no picture; fill the column {column!r}, "
                    "for example with val/000.png."
                )
            yield PurePosixPath(name.replace("\\", "/")).as_posix(), row


def read_table(path: Path) -> Table:
    """Read a table of any dialect: JSON lines if its suffix is .jsonl, else CSV.

    Raises:
        DataError: It is missing, empty or not a table.
    """
    if path.suffix.lower() == JSON_LINES:
        rows = tuple(Row(line, _texts(values)) for line, values in read_objects(path))
        columns = tuple(dict.fromkeys(name for row in rows for name in row.values))
    else:
        columns, rows = _delimited(path)
    if not columns:
        raise DataError(
            f"{path} is empty; give a table of pictures whose first line names its columns, "
            "such as file,label, or JSON lines in a .jsonl file."
        )
    return Table(path, columns, rows)


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read JSON lines, each with its number; skip empty lines.

    Raises:
        DataError: The file is missing, or a line is not an object.
    """
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise DataError(
                f"{path}, line {number} is not a JSON object such as "
                f'{{"file": "val/000.png", "hair": "long"}}, got {line.strip()[:60]!r}.'
            )
        yield number, values


def read_names(path: Path) -> tuple[str, ...]:
    """Read names, one in each line, stripped; ignore empty lines at the end.

    Raises:
        DataError: The file cannot be read.
    """
    names = [line.strip() for line in _lines(path)]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _delimited(path: Path) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    text = _text(path)
    first = text.lstrip("\r\n").splitlines()[:1]
    if first and first[0].lower().startswith(DECLARED):
        delimiter = first[0][len(DECLARED) :][:1] or ","
    else:
        delimiter = _delimiter(first[0] if first else "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns: tuple[str, ...] = ()
    rows = []
    try:
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if not any(values) or (not columns and values[0].lower().startswith(DECLARED)):
                continue
            if not columns:
                columns = tuple(values)
                continue
            if any(values[len(columns) :]):
                raise DataError(
                    f"{path}, line {reader.line_num} has {len(values)} values, but the first line "
                    f"names {len(columns)} columns: quote values that contain {delimiter!r}."
                )
            rows.append(Row(reader.line_num, dict(zip(columns, values, strict=False))))
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num} cannot be parsed: {error}.") from None
    return columns, tuple(rows)


def _delimiter(names: str) -> str:
    """Find the separator in the header, outside of quotes; a comma if there is none."""
    bare = re.sub(r'"[^"]*"', "", names)
    return max(DELIMITERS, key=bare.count)


def _texts(values: dict[str, Any]) -> dict[str, str]:
    return {name: str(value).strip() for name, value in values.items() if value is not None}


def _lines(path: Path) -> list[str]:
    """Split at line ends; `splitlines` would also split at rarer characters."""
    return re.split(r"\r\n|\r|\n", _text(path))


def _text(path: Path) -> str:
    """Decode a file: UTF-8, UTF-16 with a byte order mark, else Windows-1252, which is logged."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"The table {path} does not exist.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        if content.startswith(ARCHIVE) or b"\0" in content:
            raise DataError(f"{path} is not a text file; save the table as CSV first.")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        logger.warning("%s is not UTF-8; reading it as Windows-1252.", path)
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:  # Windows-1252 leaves five bytes undefined
        return content.decode("latin-1")
