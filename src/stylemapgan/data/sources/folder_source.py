"""Pictures that are files below a folder."""

import hashlib
import json
import logging
import os
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from stylemapgan.data.abstract import Skipped
from stylemapgan.data.sources.abstract import AbstractSource
from stylemapgan.data.worker_pool import in_threads
from stylemapgan.errors import DataError, ImageError
from stylemapgan.images.atomic import write_text
from stylemapgan.images.decoding import file_bytes, reason_of
from stylemapgan.images.formats import IN_FOLDERS, SUFFIXES

logger = logging.getLogger(__name__)

UNSUPPORTED = frozenset(
    {".arw", ".cr2", ".cr3", ".dng", ".gif", ".jp2", ".jxl", ".nef", ".orf", ".raf", ".rw2", ".svg"}
)
"""Suffixes of pictures that folders are not searched for, in lower case."""
UNREADABLE = "unreadable"
"""Stands for the content of a file that cannot be opened."""
SETTLED_AFTER_NS = 2_000_000_000
"""A file changed more recently may change again without a new time stamp, so it is read again."""


class FolderSource(AbstractSource):
    """The pictures below a folder, sorted by their relative paths.

    Args:
        folder: Searched as by `find_files`.

    Raises:
        DataError: It is not a folder, or holds no pictures.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder; give one that holds pictures.")
        self.folder = folder
        self.names = tuple(find_files(folder, SUFFIXES))
        if not self.names:
            raise DataError(f"{folder} holds no pictures; supported are {IN_FOLDERS}.")

    def describe(self) -> str:
        return f"the folder {self.folder}"

    def fingerprints(self, memory: Path) -> list[str]:
        key = hashlib.sha256(bytes(self.folder.resolve())).hexdigest()[:16]
        return content_hashes(self.folder, self.names, memory / f"index-{key}.json")

    def _load(self, index: int) -> bytes | str:
        path = self.folder / self.names[index]
        try:
            return file_bytes(path)
        except ImageError as error:
            return reason_of(error, str(path))


def unsupported_files(source: AbstractSource) -> list[Skipped]:
    """List pictures of unsupported formats in a folder, so that users learn of them."""
    if not isinstance(source, FolderSource):
        return []
    reason = f"format not supported in folders ({IN_FOLDERS} are)."
    return [Skipped(name, reason) for name in find_files(source.folder, UNSUPPORTED)]


def find_files(folder: Path, suffixes: Collection[str]) -> list[str]:
    """List the files below a folder that have one of some suffixes.

    Hidden files and folders are left out. Links are followed, but no folder is visited twice.

    Args:
        folder: Where to search.
        suffixes: In lower case; files match in any case.

    Returns:
        Paths relative to the folder, sorted, with forward slashes.
    """
    return sorted(
        (parent / name).relative_to(folder).as_posix()
        for parent, files in _walk(folder)
        for name in files
        if not name.startswith(".") and Path(name).suffix.lower() in suffixes
    )


def content_hashes(folder: Path, names: Sequence[str], index: Path) -> list[str]:
    """Compute the SHA-256 of each file; read only new and changed files.

    Args:
        folder: Where the files are.
        names: Their paths, relative to the folder.
        index: File that stores the hashes for the next call, with length and time of change.
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


def _walk(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield each folder that is not hidden, with the names of its files."""
    visited: set[tuple[int, int]] = set()
    for parent, subfolders, files in os.walk(folder, followlinks=True, onerror=_log_unreadable):
        status = os.stat(parent)  # noqa: PTH116 - os.walk yields strings
        identity = (status.st_dev, status.st_ino)
        if identity in visited:
            subfolders.clear()
            continue
        visited.add(identity)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        yield Path(parent), files


def _read_index(index: Path) -> dict[str, tuple[list[int], str]]:
    try:
        entries = json.loads(index.read_text(encoding="utf-8"))
        return {name: (stamp, digest) for name, (stamp, digest) in entries.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        logger.debug("Rebuilding the damaged index %s: %s", index, error)
        return {}


def _log_unreadable(error: OSError) -> None:
    logger.warning("The folder %s cannot be opened: %s", error.filename, error.strerror)
