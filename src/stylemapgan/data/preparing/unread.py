"""Pictures whose format is not supported: people should hear of them, not wonder."""

import os
from pathlib import Path

from stylemapgan.data.cache import Skipped
from stylemapgan.data.sources import AbstractSource, FolderSource
from stylemapgan.images.formats import IN_FOLDERS

UNREAD = frozenset(
    {".arw", ".cr2", ".cr3", ".dng", ".gif", ".jp2", ".jxl", ".nef", ".orf", ".raf", ".rw2", ".svg"}
)
"""Names of pictures that folders are not searched for, in lower case."""


def unread_files(source: AbstractSource) -> list[Skipped]:
    """List files in a folder that are pictures for people, and not for us."""
    if not isinstance(source, FolderSource):
        return []
    reason = f"format not supported in folders ({IN_FOLDERS} are)."
    return [Skipped(name, reason) for name in sorted(_names(source.folder))]


def _names(folder: Path) -> list[str]:
    names: list[str] = []
    for parent, subfolders, files in os.walk(folder):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        names += [
            (Path(parent) / name).relative_to(folder).as_posix()
            for name in files
            if not name.startswith(".") and Path(name).suffix.lower() in UNREAD
        ]
    return names
