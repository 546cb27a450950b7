"""Which pictures a folder holds, and a fingerprint of their content."""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from stylemapgan.images.atomic import write_text
from stylemapgan.images.formats import SUFFIXES

logger = logging.getLogger(__name__)

UNREADABLE = "unreadable"
"""Stands for the content of a file that cannot be opened."""
SETTLED_AFTER_NS = 2_000_000_000
"""A file changed this recently may change again without a new time stamp: look inside again."""
CHUNK = 256
"""Files handed to the threads at a time."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def find_pictures(folder: Path) -> list[str]:
    """List the pictures below a folder, as sorted paths relative to it, with forward slashes.

    Hidden files and folders are left out. Links are followed; a folder that links lead to
    again is visited once.
    """
    names: list[str] = []
    visited: set[tuple[int, int]] = set()
    for parent, subfolders, files in os.walk(folder, followlinks=True, onerror=_log_unreadable):
        status = os.stat(parent)  # noqa: PTH116 - os.walk speaks strings
        identity = (status.st_dev, status.st_ino)
        if identity in visited:
            subfolders.clear()
            continue
        visited.add(identity)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        names += [
            (Path(parent) / name).relative_to(folder).as_posix()
            for name in files
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
        ]
    return sorted(names)


def content_hashes(folder: Path, names: Sequence[str], index: Path) -> list[str]:
    """Fingerprint the content of each file.

    Args:
        folder: Where the files are.
        names: Their paths, relative to the folder.
        index: Remembers fingerprints from one call to the next, by length and time of change,
            so that only new and changed files are read.
    """
    known = _read_index(index)
    now = time.time_ns()

    def fingerprint(name: str) -> tuple[list[int], str]:
        try:
            path = folder / name
            status = path.stat()
            stamp = [status.st_size, status.st_mtime_ns]
            if name in known and known[name][0] == stamp:
                return stamp, known[name][1]
            if not path.is_file():
                return [], UNREADABLE
            with path.open("rb") as file:
                return stamp, hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return [], UNREADABLE

    found = dict(zip(names, in_threads(fingerprint, names), strict=True))
    settled = {
        name: (stamp, digest)
        for name, (stamp, digest) in found.items()
        if stamp and stamp[1] < now - SETTLED_AFTER_NS
    }
    if settled != known:
        write_text(index, json.dumps(settled))
    return [digest for _, digest in found.values()]


def in_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Apply a function with all cores; results come in the order of the items.

    Threads are enough: reading, hashing, unpacking and resizing all release Python's lock.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(items), CHUNK):
            yield from pool.map(function, items[start : start + CHUNK])


def _read_index(index: Path) -> dict[str, tuple[list[int], str]]:
    try:
        entries = json.loads(index.read_text(encoding="utf-8"))
        return {name: (stamp, digest) for name, (stamp, digest) in entries.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        logger.debug("The index %s is damaged and made anew: %s", index, error)
        return {}


def _log_unreadable(error: OSError) -> None:
    logger.warning("The folder %s cannot be opened: %s", error.filename, error.strerror)
