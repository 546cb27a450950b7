"""Keep other processes out of a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stylemapgan.errors import DataError


@contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Hold a lock that the system releases when this process ends, however it ends.

    Args:
        path: File that stands for the lock; created if it is missing.
        busy: What the error says if another process holds it.

    Raises:
        DataError: Another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(busy) from None
        yield
