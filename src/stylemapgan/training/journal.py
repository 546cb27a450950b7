"""A run's journal: one JSON object per line, appended while the run trains."""

import json
import logging
import os
from pathlib import Path
from typing import Any

from stylemapgan.images.atomic import replacing

logger = logging.getLogger(__name__)

TABLES = ("losses", "validation")
"""Keys whose values are dictionaries of numbers."""


class Journal:
    """Appends entries to `journal.jsonl`; every entry holds the images seen so far."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, images_seen: int, **entry: Any) -> None:
        """Append one entry; it survives the end of this process, but not a power cut.

        Raises:
            OSError: The disk is full; the journal is unchanged.
        """
        line = json.dumps({"images": images_seen, **entry}).encode() + b"\n"
        with self.path.open("ab", buffering=0) as file:
            length = file.tell()
            try:
                written = file.write(line)
                if written != len(line):  # the disk filled up
                    file.write(line[written:])
            except OSError:
                os.truncate(file.fileno(), length)
                raise

    def entries(self) -> list[dict[str, Any]]:
        """Read all entries.

        Damaged lines are skipped, and counted in one warning. A half-written last line, as a
        killed run leaves it, is skipped without a warning.
        """
        return [entry for _, entry in self._lines() if entry is not None]

    def rewind(self, images_seen: int) -> None:
        """Remove the entries after the point that a run resumes from.

        Raises:
            StorageError: The journal cannot be written.
        """
        lines = self._lines()
        kept = [line for line, entry in lines if entry and entry["images"] <= images_seen]
        if len(kept) < len(lines):
            with replacing(self.path) as unfinished:
                unfinished.write_bytes(b"".join(line + b"\n" for line in kept))

    def _lines(self) -> list[tuple[bytes, dict[str, Any] | None]]:
        """Read all lines, each with its entry; None if the line is damaged."""
        if not self.path.exists():
            return []
        *whole, rest = self.path.read_bytes().split(b"\n")
        lines = [(line, _parse(line)) for line in whole]
        damaged = sum(entry is None for _, entry in lines)
        if damaged:
            logger.warning(
                "%s: skipped %d of %d lines that cannot be read.",
                *(self.path, damaged, len(lines)),
            )
        return lines + ([(rest, None)] if rest else [])


def _parse(line: bytes) -> dict[str, Any] | None:
    """Parse an entry; None if `Journal.write` cannot have written the line."""
    try:
        entry = json.loads(line.decode("utf-8-sig"))
    except ValueError:  # not UTF-8, or not JSON
        return None
    return entry if _is_entry(entry) else None


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or type(entry.get("images")) is not int:
        return False
    figures = [entry.get("images_per_second", 0.0)]
    for name in (*TABLES, "machine"):
        table = entry.get(name, {})
        if not isinstance(table, dict):
            return False
        figures += table.values() if name in TABLES else []
    return all(isinstance(figure, int | float) for figure in figures)
