"""One large file of the web, fetched in as many attempts as it takes, and checked.

What has arrived stays in a `.part` file beside the place it is meant for, also when the connection
breaks or somebody presses Ctrl-C; the next attempt asks for the rest only. Two processes that
fetch the same file write the same bytes to the same places, and do not disturb each other.
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
"""A server that says nothing for so long is given up."""
CHUNK = 2**18
"""Bytes between two reports of progress."""
RANGE_REFUSED = 416
PARTIAL_CONTENT = 206
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")

OnProgress = Callable[[int, int | None], None]
"""Told how many bytes are here, and of how many; None where nobody knows."""


def fetch(
    url: str, path: Path, size: int, sha256: str, on_progress: OnProgress | None = None
) -> None:
    """Bring a file to its place, whole and checked, or not at all.

    Args:
        url: Where it is: https, or this machine itself; redirects must stay so.
        path: Where it goes.
        size: Of the file, in bytes.
        sha256: Of its bytes, in hexadecimal.
        on_progress: Told again and again how far it is.

    Raises:
        DataError: It cannot be had; the message is the reason alone.
        StorageError: It cannot be written; what has come is kept.
    """
    if not _is_safe(url):
        raise DataError("this is no https address")
    part = path.with_name(path.name + PART)
    report = on_progress or (lambda done, total: None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        was_begun = part.exists()
        _complete(url, part, size, report)
        found = file_sha256(part)
        if found != sha256 and was_begun:  # with another file, or damaged since
            part.unlink()
            _complete(url, part, size, report)
            found = file_sha256(part)
        if found != sha256:
            part.unlink()
            raise DataError(f"what came has SHA-256 {found}, expected {sha256}")
        part.replace(path)
    except FileNotFoundError:
        if not path.is_file():  # else another process was quicker
            raise DataError(f"{part} vanished while it was written") from None
    except (OSError, HTTPException) as error:
        failed = failed_write(path, error, (part, path), size)
        raise failed or DataError(_reason(error)) from None


def file_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _complete(url: str, part: Path, size: int, report: OnProgress) -> None:
    """Fetch what the part does not have yet."""
    done = part.stat().st_size if part.exists() else 0
    if done >= size:
        return
    headers = {"User-Agent": "stylemapgan"} | ({"Range": f"bytes={done}-"} if done else {})
    request = Request(url, headers=headers)
    try:
        response = build_opener(_CarefulRedirects).open(request, timeout=TIMEOUT_S)
    except HTTPError as error:
        if error.code != RANGE_REFUSED or not done:
            raise
        error.close()
        part.unlink()
        _complete(url, part, size, report)
        return
    with response:
        if response.status != PARTIAL_CONTENT:
            done = 0  # this server sends whole files only
        _refuse_other_size(response, done, size)
        part.touch()
        with part.open("r+b") as file:
            _receive(response, file, done, size, report)


def _receive(
    response: HTTPResponse, file: IO[bytes], done: int, size: int, report: OnProgress
) -> None:
    """Write what comes behind the bytes that are done."""
    file.seek(done)
    report(done, size)
    while done < size and (chunk := response.read(min(CHUNK, size - done))):
        file.write(chunk)
        done += len(chunk)
        report(done, size)
    file.flush()
    os.fsync(file.fileno())
    if done < size:
        raise OSError(f"the connection ended after {done:,} of {size:,} bytes, which are kept")


def _refuse_other_size(response: HTTPResponse, done: int, size: int) -> None:
    if response.length is not None and done + response.length != size:
        raise OSError(f"there is another file, of {done + response.length:,} bytes")


def _is_safe(url: str) -> bool:
    """Tell whether nobody on the way can read or change what is fetched."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in THIS_MACHINE)


class _CarefulRedirects(HTTPRedirectHandler):
    """Follows redirects to safe addresses only."""

    def redirect_request(self, req: Request, fp: Any, *told: Any, **named: Any) -> Request | None:
        request = super().redirect_request(req, fp, *told, **named)
        if request is not None and not _is_safe(request.full_url):
            fp.close()
            raise DataError(f"it leads to {request.full_url}, which is no https address")
        return request


def _reason(error: Exception) -> str:
    """Say in one line why nothing came."""
    if isinstance(error, HTTPError):
        error.close()
        return f"HTTP {error.code} {error.reason}"
    reason = error.reason if isinstance(error, URLError) else error
    return " ".join(str(reason).split()) or type(error).__name__
