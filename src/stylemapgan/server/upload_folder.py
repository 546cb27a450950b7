"""A private folder on disk for uploads, made again when somebody deletes it."""

import logging
import secrets
import tempfile
import threading
from pathlib import Path

from stylemapgan.errors import StorageError
from stylemapgan.server.config import MB

logger = logging.getLogger(__name__)

PREFIX = "stylemapgan-"
PROBE = b"Can this be written?"


class UploadFolder:
    """Files of one server under names nobody else uses; any number of threads may use it.

    Every call of `write` makes a file of its own, even for the same bytes. So whoever deletes a
    file takes it from nobody else.
    """

    def __init__(self) -> None:
        """Make the folder.

        Raises:
            StorageError: There is no temporary folder that can be written to.
        """
        self._lock = threading.Lock()
        self._made: list[tempfile.TemporaryDirectory[str]] = []
        self._current()

    def folders(self) -> list[Path]:
        """Name the folders that exist: one, unless one was deleted and something put it back."""
        with self._lock:
            return [path for made in self._made if (path := Path(made.name)).is_dir()]

    def write(self, name: str, content: bytes) -> Path:
        """Keep bytes in a new file.

        Args:
            name: What the file's name begins with.
            content: What to keep.

        Raises:
            StorageError: The disk is full, a quota is reached, or writing is denied. Nothing of
                the file stays.
        """
        path = self._current() / f"{name}-{secrets.token_hex(6)}"
        try:
            path.write_bytes(content)
        except OSError as error:
            delete(path)
            raise _not_stored(f"{len(content) / MB:.3g} MB", error) from error
        return path

    def check(self) -> None:
        """Write a few bytes and delete them again.

        Raises:
            StorageError: That fails.
        """
        delete(self.write("check", PROBE))

    def close(self) -> None:
        """Delete everything."""
        with self._lock:
            for made in self._made:
                made.cleanup()

    def _current(self) -> Path:
        """Find the folder to write to; a deleted one is followed by one of another name."""
        with self._lock:
            if not self._made or not Path(self._made[-1].name).is_dir():
                if self._made:
                    logger.warning("The folder of uploads was deleted; they need another upload.")
                self._made.append(_new_folder())
            return Path(self._made[-1].name)


def delete(path: Path) -> None:
    """Delete a file; one that is gone already, or cannot be deleted, stops nobody."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s cannot be deleted: %s", path, error)


def _new_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
    except OSError as error:
        raise _not_stored("A folder for uploads", error) from error


def _not_stored(what: str, error: OSError) -> StorageError:
    reason = error.strerror or str(error)
    return StorageError(
        f"{what} cannot be stored in {tempfile.tempdir or 'the temporary folder'}: {reason}. Free "
        "some space there, or start the server with TMPDIR set to another folder."
    )
