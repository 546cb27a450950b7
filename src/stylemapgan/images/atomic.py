"""Files that appear whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".part"
"""Suffix of temporary files; one that stays was left by a killed process."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a temporary path in the same folder; it becomes `path` if the block succeeds.

    If the block fails, what was at `path` before stays as it was. The bytes reach the disk before
    the name does, so not even a power cut leaves half a file.
    """
    temporary = path.with_name(f".{secrets.token_hex(6)}{UNFINISHED}")
    try:
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
