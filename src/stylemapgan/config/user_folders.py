"""The user's cache folder."""

import os
import tempfile
from pathlib import Path

from stylemapgan.errors import StorageError


def cache_folder() -> Path:
    """Find the folder for files that can be made again: in $XDG_CACHE_HOME or ~/.cache.

    For a user without a home folder, as in some containers, it is a temporary folder that only
    this user can write.

    Raises:
        StorageError: The temporary folder belongs to another user.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "stylemapgan"
    try:
        return Path.home() / ".cache" / "stylemapgan"
    except RuntimeError:  # HOME is not set, and the system does not know this user
        return _temporary_folder()


def _temporary_folder() -> Path:
    """Make a folder that only this user can write."""
    folder = Path(tempfile.gettempdir()) / f"stylemapgan-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.getuid():
        raise StorageError(
            f"{folder} belongs to another user: set HOME or XDG_CACHE_HOME to a folder of your own."
        )
    return folder
