"""Tables that people bring: labels and attributes of pictures, names of parts.

One reader for all of them, since spreadsheets write many dialects of "CSV": with commas,
semicolons, tabs or bars; in UTF-8 with or without a mark at the start, in UTF-16 or Windows-1252;
with any ends of lines. JSON lines have an object in each line.
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
"""Columns that may say which picture a row is about, in any case."""
DELIMITERS = ",;\t|"
"""What may stand between values; the most frequent one in the line of names does."""
DECLARED = "sep="
"""How spreadsheets announce the delimiter, in a line before that of the names."""
JSON_LINES = ".jsonl"
ARCHIVE = b"PK\x03\x04"
"""How a spreadsheet's own file (.xlsx, .ods) begins."""


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    line: int
    """Its number in the file, from 1."""
    values: Mapping[str, str]
    """Column → value, without blanks around it; columns that the line lacks are not there."""


@dataclass(frozen=True)
class Table:
    """Rows with named columns."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, name: str) -> str:
        """Find a column, in any case if there is none of exactly that name.

        Raises:
            DataError: There is none.
        """
        if name in self.columns:
            return name
        for column in self.columns:
            if column.lower() == name.strip().lower():
                return column
        there_are = ", ".join(filter(None, self.columns)) or "none"
        raise DataError(f"{self.path} has no column {name!r}; there are {there_are}.")

    @property
    def file_column(self) -> str:
        """The column that says which picture a row is about.

        One of `FILE_COLUMNS`, before others one whose values look like names of files; the
        first column if there is none.
        """
        in_lower_case = {column.lower(): column for column in reversed(self.columns)}
        likely = [in_lower_case[name] for name in FILE_COLUMNS if name in in_lower_case]
        for column in likely:
            if any(PurePosixPath(row.values.get(column, "")).suffix for row in self.rows[:1]):
                return column
        return likely[0] if likely else self.columns[0]

    def files(self) -> Iterator[tuple[str, Row]]:
        """Name each row's picture, with forward slashes.

        Raises:
            DataError: A row names none.
        """
        column = self.file_column
        for row in self.rows:
            name = row.values.get(column, "")
            if not name:
                raise DataError(
                    f"{self.path}, line {row.line} names no picture; the column {column!r} "
                    "must hold one, such as val/000.png."
                )
            yield PurePosixPath(name.replace("\\", "/")).as_posix(), row


def read_table(path: Path) -> Table:
    """Read a table of any dialect: JSON lines if its suffix is .jsonl, else delimited text.

    Raises:
        DataError: It is missing, no table, or has no line of names.
    """
    if path.suffix.lower() == JSON_LINES:
        rows = tuple(Row(line, _texts(told)) for line, told in read_objects(path))
        columns = tuple(dict.fromkeys(name for row in rows for name in row.values))
    else:
        columns, rows = _delimited(path)
    if not columns:
        raise DataError(
            f"{path} holds nothing; a table of pictures is expected, with a first line of names "
            "such as file,label (or JSON lines in a .jsonl file)."
        )
    return Table(path, columns, rows)


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read JSON lines, each with its number; empty lines are passed over.

    Raises:
        DataError: The file is missing, or a line is no object.
    """
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise DataError(
                f"{path}, line {number} is no JSON object such as "
                f'{{"file": "val/000.png", "hair": "long"}}: it says {line.strip()[:60]!r}.'
            )
        yield number, told


def read_names(path: Path) -> tuple[str, ...]:
    """Read names, one a line, without blanks around them; empty lines at the end do not count.

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
                    f"names {len(columns)} columns: put values that hold {delimiter!r} in quotes."
                )
            rows.append(Row(reader.line_num, dict(zip(columns, values, strict=False))))
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num} is no line of a table: {error}.") from None
    return columns, tuple(rows)


def _delimiter(names: str) -> str:
    """Find what separates the names of columns, outside of quotes; commas if nothing does."""
    bare = re.sub(r'"[^"]*"', "", names)
    return max(DELIMITERS, key=bare.count)


def _texts(told: dict[str, Any]) -> dict[str, str]:
    return {name: str(value).strip() for name, value in told.items() if value is not None}


def _lines(path: Path) -> list[str]:
    """Split at ends of lines alone; `splitlines` would split at rarer characters, too."""
    return re.split(r"\r\n|\r|\n", _text(path))


def _text(path: Path) -> str:
    """Decode a file: UTF-8, UTF-16 if marked as that, else Windows-1252, which is logged."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"There is no table at {path}.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        if content.startswith(ARCHIVE) or b"\0" in content:
            raise DataError(f"{path} is no text; save the table as CSV first.")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        logger.warning("%s is not in UTF-8; it is read as Windows-1252.", path)
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:  # five bytes mean nothing there
        return content.decode("latin-1")
