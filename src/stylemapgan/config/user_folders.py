"""Folders of the user that this package may use."""

import os
import tempfile
from pathlib import Path

from stylemapgan.errors import StorageError


def cache_folder() -> Path:
    """Say where this package keeps what it can make again: $XDG_CACHE_HOME or ~/.cache.

    Without either, as for a user without a name in a container, it is a folder of that user's own
    among the temporary ones.

    Raises:
        StorageError: That one belongs to somebody else.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "stylemapgan"
    try:
        return Path.home() / ".cache" / "stylemapgan"
    except RuntimeError:  # HOME is not set, and the system does not know this user
        return _temporary_folder()


def _temporary_folder() -> Path:
    """Make a folder that nobody else may write to."""
    folder = Path(tempfile.gettempdir()) / f"stylemapgan-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.getuid():
        raise StorageError(
            f"{folder} belongs to somebody else; set HOME or XDG_CACHE_HOME to a folder of yours."
        )
    return folder
