"""Keep cached files below a size in all: the least recently used are removed.

The time of a file's last change stands for its last use. Several processes may use a cache: what
one of them removes, the others do not find.
"""

import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

logger = logging.getLogger(__name__)


class _Entry(NamedTuple):
    used: int
    """In nanoseconds."""
    path: Path
    size: int


def record_use(path: Path) -> None:
    """Make a file the most recently used one."""
    try:
        os.utime(path)
    except OSError as error:  # removed meanwhile, another user's, or on a read-only disk
        logger.debug("The last use of %s could not be recorded: %s", path, error)


def limit_size(files: Iterable[Path], most_bytes: int) -> None:
    """Remove the least recently used files until the rest fit; the most recent one stays.

    Args:
        files: All that count; those that another process removes meanwhile do not.
        most_bytes: Size of all together.
    """
    room = most_bytes
    for number, entry in enumerate(sorted(_entries(files), reverse=True)):
        room -= entry.size
        if room < 0 and number:
            logger.info("Removed from the cache to stay within its size: %s", entry.path)
            _remove(entry.path)


def _entries(files: Iterable[Path]) -> Iterable[_Entry]:
    for path in files:
        with suppress(FileNotFoundError):
            state = path.stat()
            yield _Entry(state.st_mtime_ns, path, state.st_size)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.debug("%s could not be removed: %s", path, error)
