"""The manifest: a table with one row for each photo, edited or not."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from stylemapgan.editing.photo import Square
from stylemapgan.errors import DataError
from stylemapgan.images.atomic import storing, write_text

MANIFEST = "manifest.csv"


@dataclass(frozen=True, kw_only=True)
class Row:
    """What became of one photo."""

    input: str
    """The photo's name in its source."""
    output: str = ""
    """The edited photo's, below the output folder; empty if it was not edited."""
    square: str = ""
    """What the model saw: x, y, side and rotation, as `--square` takes them."""
    fit: str = ""
    """The verdict about how well the model reconstructs it."""
    warning: str = ""
    """Why it was not edited, or what to expect of a doubtful one."""
    seconds: float = 0.0
    """How long it took."""

    @property
    def is_edited(self) -> bool:
        """Whether there is an edited photo."""
        return bool(self.output)


COLUMNS = tuple(field.name for field in fields(Row))
Rows = Mapping[str, Row]
"""Rows by input."""


def spelled(square: Square) -> str:
    """Spell a square as `--square` takes it, to a hundredth of a pixel."""
    return ",".join(f"{number:.2f}" for number in astuple(square))


class Manifest:
    """The file; each row is appended as one line, so a killed process leaves whole lines.

    Args:
        folder: Where it lies.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / MANIFEST

    def read(self) -> dict[str, Row]:
        """Read the rows; a line that was cut short is dropped, in the file too.

        Raises:
            DataError: The file cannot be read, or another line is damaged.
        """
        try:
            content = self.path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            if whole != content:
                with self.path.open("r+b") as file:
                    file.truncate(len(whole))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error.strerror}.") from None
        lines = whole.decode("utf-8", "replace").split("\n")[1:-1]
        rows = [self._row(line, number) for number, line in enumerate(lines, start=2)]
        return {row.input: row for row in rows}

    def append(self, row: Row) -> None:
        """Add a row at the end.

        Raises:
            StorageError: The disk is full or writing is denied.
        """
        with storing(self.path), self.path.open("ab") as file:
            header = b"" if file.tell() else _line(COLUMNS)
            file.write(header + _line(astuple(row)))

    def replace(self, rows: Iterable[Row]) -> None:
        """Write the file anew, completely or not at all.

        Raises:
            StorageError: The disk is full or writing is denied.
        """
        lines = [_line(COLUMNS), *(_line(astuple(row)) for row in rows)]
        write_text(self.path, b"".join(lines).decode())

    def _row(self, line: str, number: int) -> Row:
        try:
            (cells,) = csv.reader([line], strict=True)
            values = dict(zip(COLUMNS, cells, strict=True))
            return Row(**{**values, "seconds": float(values["seconds"])})
        except (ValueError, csv.Error):
            raise DataError(
                f"{self.path}, line {number} is damaged: delete the line, and --resume edits its "
                "photo again."
            ) from None


def _line(values: Sequence[object]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue().encode()
