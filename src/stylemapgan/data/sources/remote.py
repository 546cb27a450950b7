"""Remote files: https://, s3:// and whatever else fsspec supports."""

import io
import logging
import time
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, TypeVar
from urllib.parse import urlsplit

from stylemapgan.errors import DataError, MissingExtraError

logger = logging.getLogger(__name__)

BLOCK = 4 * 2**20
"""Bytes requested at a time, so that small pictures share a request."""
ATTEMPTS = 5
"""How often a request is tried."""
FIRST_PAUSE_S = 1.0
"""Pause before the second attempt; each later pause is twice as long."""
PERMANENT = (FileNotFoundError, PermissionError, IsADirectoryError, NotImplementedError)
"""Errors that another attempt would not solve."""
TEMPORARY = (408, 425, 429)
"""HTTP status codes from 400 to 499 that another attempt may solve."""
IDENTITY = frozenset({"size", "etag", "last-modified", "lastmodified", "mtime", "created"})
"""Facts about a file, in lower case, that change when the file changes."""

Result = TypeVar("Result")


def is_remote(location: str) -> bool:
    """Whether a location is an address, not a path."""
    return "://" in location


def base_name(location: str) -> str:
    """Take the last part of a path or of an address without its query."""
    return PurePosixPath(urlsplit(location).path if is_remote(location) else location).name


def open_remote(address: str) -> io.BufferedReader:
    """Open a seekable file; failed requests are repeated a few times.

    Raises:
        DataError: The file is missing, or the server does not answer.
        MissingExtraError: A package that the address needs is not installed.
    """
    return io.BufferedReader(_RemoteFile(address), BLOCK)


def read_range(address: str, start: int, length: int) -> bytes:
    """Read some bytes with a single request; errors as in `open_remote`."""
    system, path = _connect(address)
    found = _retry(address, lambda: system.cat_file(path, start=start, end=start + length))
    return found if len(found) <= length else found[start : start + length]


def read_if_there(address: str) -> bytes | None:
    """Read a whole file; None if it is missing or access is denied."""
    try:
        system, path = _connect(address)
        return _retry(address, lambda: system.cat_file(path))
    except DataError as error:
        if _is_permanent(error.__cause__):
            return None
        raise


def remote_stamp(address: str) -> str:
    """Describe a file by what its server reports, which changes when the file does."""
    system, path = _connect(address)
    facts = _retry(address, lambda: system.info(path))
    known = {name: facts[name] for name in sorted(facts) if name.lower() in IDENTITY}
    return f"{address} {known}"


def matches(pattern: str) -> list[str]:
    """List the addresses that match a pattern with `*`, sorted."""
    system, path = _connect(pattern)
    return sorted(map(system.unstrip_protocol, _retry(pattern, lambda: system.glob(path))))


class _RemoteFile(io.RawIOBase):
    """Requests ranges; if a server sends the whole file instead, that is kept in memory."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._system, self._path = _connect(address)
        self._length: int | None = _retry(address, lambda: self._system.size(self._path))
        self._at = 0
        self._whole: bytes | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            raise io.UnsupportedOperation("the end of a remote file may be unknown")
        self._at = offset + (self._at if whence == io.SEEK_CUR else 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        found = self._range(self._at, self._at + len(buffer))
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _range(self, start: int, stop: int) -> bytes:
        if self._whole is None and self._length is not None:
            stop = min(stop, self._length)
            if start >= stop:
                return b""
            found = self._ask(start, stop)
            if len(found) <= stop - start:
                return found
            logger.warning(
                "%s is read as a whole: its server does not support ranges.", self._address
            )
            self._whole = found
        if self._whole is None:
            self._whole = self._ask(None, None)
        return self._whole[start:stop]

    def _ask(self, start: int | None, stop: int | None) -> bytes:
        return _retry(
            self._address, lambda: self._system.cat_file(self._path, start=start, end=stop)
        )


def _connect(address: str) -> tuple[Any, str]:
    """Find the file system of an address, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingExtraError("fsspec", "remote") from None
    try:
        return url_to_fs(address)
    except ImportError as error:
        if address.startswith("http"):
            raise MissingExtraError("aiohttp", "remote") from None
        raise DataError(f"{address} needs a package that is not installed: {error}.") from None
    except ValueError as error:
        raise DataError(f"{address} cannot be read: {error}.") from None


def _retry(address: str, ask: Callable[[], Result]) -> Result:
    """Repeat a request after temporary failures, with longer and longer pauses."""
    attempt = 1
    while True:
        try:
            return ask()
        except Exception as error:  # each kind of storage raises its own exceptions
            cause = _cause(error)
            if _is_permanent(cause):
                raise DataError(f"{address} cannot be read: {_reason(cause)}.") from cause
            if attempt == ATTEMPTS:
                raise DataError(
                    f"{address} cannot be read after {attempt} attempts: {_reason(cause)}."
                ) from cause
            logger.info("%s: attempt %d failed: %r", address, attempt, cause)
        time.sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
        attempt += 1


def _cause(error: BaseException) -> BaseException:
    """Find the network error that fsspec reports as a missing file."""
    cause = error.__cause__
    is_network = isinstance(cause, ConnectionError | TimeoutError) or (
        type(cause).__module__.partition(".")[0] == "aiohttp"
    )
    return cause if cause is not None and is_network else error


def _reason(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError) or getattr(error, "status", None) == 404:
        return "the file does not exist"
    return " ".join(str(error).split()) or type(error).__name__


def _is_permanent(error: BaseException | None) -> bool:
    status = getattr(error, "status", None)
    is_client_error = isinstance(status, int) and 400 <= status < 500
    return isinstance(error, PERMANENT) or (is_client_error and status not in TEMPORARY)
