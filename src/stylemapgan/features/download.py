"""Download one large file, resume interrupted downloads, and verify the result.

Downloaded bytes stay in a `.part` file beside the target, even if the connection breaks or the user
presses Ctrl-C; the next attempt requests only the rest. Two processes that download the same file
write the same bytes at the same offsets, so they do not disturb each other.
"""

import hashlib
import os
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from stylemapgan.errors import DataError
from stylemapgan.images.failed_writes import failed_write

PART = ".part"
TIMEOUT_S = 30.0
"""Longest wait for a response."""
CHUNK = 2**18
"""Bytes between two reports of progress."""
RANGE_REFUSED = 416
PARTIAL_CONTENT = 206
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")

OnProgress = Callable[[int, int | None], None]
"""Called with the bytes downloaded and their total; None if the total is unknown."""


def fetch(
    url: str, path: Path, size: int, sha256: str, on_progress: OnProgress | None = None
) -> None:
    """Download a file and verify it; it appears complete or not at all.

    Args:
        url: An https address, or one of this machine; redirects must be too.
        path: Where to save the file.
        size: Its size in bytes.
        sha256: Its SHA-256, in hexadecimal.
        on_progress: Called repeatedly with the progress.

    Raises:
        DataError: The file cannot be downloaded; the message is only the reason.
        StorageError: The file cannot be written; downloaded bytes are kept.
    """
    if not _is_safe(url):
        raise DataError("not an https address")
    part = path.with_name(path.name + PART)
    report = on_progress or (lambda done, total: None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        was_begun = part.exists()
        _complete(url, part, size, report)
        found = file_sha256(part)
        if found != sha256 and was_begun:  # the earlier part is damaged or of another file
            part.unlink()
            _complete(url, part, size, report)
            found = file_sha256(part)
        if found != sha256:
            part.unlink()
            raise DataError(f"the downloaded file has SHA-256 {found}, expected {sha256}")
        part.replace(path)
    except FileNotFoundError:
        if not path.is_file():  # else another process has finished it
            raise DataError(f"{part} disappeared during the download") from None
    except (OSError, HTTPException) as error:
        failed = failed_write(path, error, (part, path), size)
        raise failed or DataError(_reason(error)) from None


def file_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _complete(url: str, part: Path, size: int, report: OnProgress) -> None:
    """Download the bytes that are missing in the part file."""
    done = part.stat().st_size if part.exists() else 0
    if done >= size:
        return
    headers = {"User-Agent": "stylemapgan"} | ({"Range": f"bytes={done}-"} if done else {})
    request = Request(url, headers=headers)
    try:
        response = build_opener(_SafeRedirects).open(request, timeout=TIMEOUT_S)
    except HTTPError as error:
        if error.code != RANGE_REFUSED or not done:
            raise
        error.close()
        part.unlink()
        _complete(url, part, size, report)
        return
    with response:
        if response.status != PARTIAL_CONTENT:
            done = 0  # this server sends only whole files
        _refuse_other_size(response, done, size)
        part.touch()
        with part.open("r+b") as file:
            _receive(response, file, done, size, report)


def _receive(
    response: HTTPResponse, file: IO[bytes], done: int, size: int, report: OnProgress
) -> None:
    """Append the received bytes to those already downloaded."""
    file.seek(done)
    report(done, size)
    while done < size and (chunk := response.read(min(CHUNK, size - done))):
        file.write(chunk)
        done += len(chunk)
        report(done, size)
    file.flush()
    os.fsync(file.fileno())
    if done < size:
        raise OSError(f"the connection closed after {done:,} of {size:,} bytes, which are kept")


def _refuse_other_size(response: HTTPResponse, done: int, size: int) -> None:
    if response.length is not None and done + response.length != size:
        raise OSError(f"the file there has {done + response.length:,} bytes, expected {size:,}")


def _is_safe(url: str) -> bool:
    """Whether the connection is encrypted, or stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in THIS_MACHINE)


class _SafeRedirects(HTTPRedirectHandler):
    """Follows redirects to safe addresses only."""

    def redirect_request(self, req: Request, fp: Any, *args: Any, **named: Any) -> Request | None:
        request = super().redirect_request(req, fp, *args, **named)
        if request is not None and not _is_safe(request.full_url):
            fp.close()
            raise DataError(f"it redirects to {request.full_url}, which is not an https address")
        return request


def _reason(error: Exception) -> str:
    """Describe a failed download in one line."""
    if isinstance(error, HTTPError):
        error.close()
        return f"HTTP {error.code} {error.reason}"
    reason = error.reason if isinstance(error, URLError) else error
    return " ".join(str(reason).split()) or type(error).__name__
