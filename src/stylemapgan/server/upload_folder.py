"""A private temporary folder for uploads, created again if it is deleted."""

import logging
import secrets
import tempfile
import threading
from pathlib import Path

from stylemapgan.errors import StorageError
from stylemapgan.server.server_config import MB

logger = logging.getLogger(__name__)

PREFIX = "stylemapgan-"
PROBE = b"write test"


class UploadFolder:
    """Files of one server under unique names; safe for any number of threads.

    Every call of `write` creates its own file, even for equal bytes, so that deleting a file
    affects one upload only.
    """

    def __init__(self) -> None:
        """Create the folder.

        Raises:
            StorageError: No temporary folder is writable.
        """
        self._lock = threading.Lock()
        self._made: list[tempfile.TemporaryDirectory[str]] = []
        self._current()

    def folders(self) -> list[Path]:
        """List the existing folders: one, unless a deleted one was restored."""
        with self._lock:
            return [path for made in self._made if (path := Path(made.name)).is_dir()]

    def write(self, name: str, content: bytes) -> Path:
        """Write bytes to a new file.

        Args:
            name: Start of the file's name.
            content: The bytes.

        Raises:
            StorageError: The disk is full, a quota is reached, or writing is denied. No partial
                file remains.
        """
        path = self._current() / f"{name}-{secrets.token_hex(6)}"
        try:
            path.write_bytes(content)
        except OSError as error:
            delete(path)
            raise _not_stored(f"{len(content) / MB:.3g} MB", error) from error
        return path

    def check(self) -> None:
        """Write and delete a test file.

        Raises:
            StorageError: Writing fails.
        """
        delete(self.write("check", PROBE))

    def close(self) -> None:
        """Delete everything."""
        with self._lock:
            for made in self._made:
                made.cleanup()

    def _current(self) -> Path:
        """Find the folder to write to; replace a deleted one by one of another name."""
        with self._lock:
            if not self._made or not Path(self._made[-1].name).is_dir():
                if self._made:
                    logger.warning(
                        "The folder of uploads was deleted; clients must upload their photos again."
                    )
                self._made.append(_new_folder())
            return Path(self._made[-1].name)


def delete(path: Path) -> None:
    """Delete a file; a failure is only logged."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("Cannot delete %s: %s", path, error)


def _new_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
    except OSError as error:
        raise _not_stored("a folder for uploads", error) from error


def _not_stored(what: str, error: OSError) -> StorageError:
    reason = error.strerror or str(error)
    return StorageError(
        f"Cannot store {what} in {tempfile.tempdir or 'the temporary folder'}: {reason}. Free "
        "space there, or start the server with TMPDIR set to another folder."
    )
