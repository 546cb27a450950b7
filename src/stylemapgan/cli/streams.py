"""Output of commands: a broken standard output or error never stops the work.

A reader that stops early (`| head -1`), a closed terminal or a full disk behind `>` must not cost
the files that a command writes. Characters that the encoding lacks are escaped.
"""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TextIO, cast, runtime_checkable

GONE = frozenset({errno.EPIPE, errno.EIO, errno.EINVAL})
"""Errors of an output without a reader: a closed pipe or terminal; EINVAL on Windows."""


@runtime_checkable
class Stream(Protocol):
    """The methods of standard output and error that matter here."""

    def write(self, text: str, /) -> int:
        """Write a text."""
        ...

    def flush(self) -> None:
        """Flush what was written."""
        ...


class ForgivingStream:
    """A text stream that drops what cannot be written, and keeps the error.

    Args:
        stream: Stream to write to; all other attributes are its own.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.problem: OSError | None = None
        """The latest error, except those of an output without a reader."""
        self._is_used = False
        self._is_read = True

    def write(self, text: str) -> int:
        """Write or drop the text; return its length."""
        self._is_used = True
        if self._is_read:
            try:
                self.stream.write(text)
            except OSError as error:
                self._keep(error)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush, or drop what cannot be written."""
        if self._is_read:
            try:
                self.stream.flush()
            except OSError as error:
                self._keep(error)

    def finish(self) -> None:
        """Flush; redirect a broken stream to the null device, so that Python's exit is silent."""
        self.flush()
        if self.problem is not None:
            self._redirect()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def _keep(self, error: OSError) -> None:
        if error.errno in GONE:
            self._is_read = False
            self._redirect()
        elif self._is_used:
            self.problem = error
        else:  # the rest of an output that does not matter
            self._redirect()

    def _redirect(self) -> None:
        """Redirect the rest of the output to the null device."""
        with suppress(OSError, ValueError):  # not a stream of a file
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, cast("TextIO", self.stream).fileno())
            os.close(null)


@contextmanager
def forgiving_streams() -> Iterator[ForgivingStream | None]:
    """Replace standard output and error by forgiving streams while the block runs.

    Yields the output; None if it was closed from the start.
    """
    before = sys.stdout, sys.stderr
    encodings = [_escape_unknown(stream) for stream in before]
    output, errors = (None if stream is None else ForgivingStream(stream) for stream in before)
    sys.stdout, sys.stderr = cast("TextIO", output), cast("TextIO", errors)
    try:
        yield output
    finally:
        for forgiving in (output, errors):
            if forgiving is not None:
                forgiving.finish()
        sys.stdout, sys.stderr = before
        for stream, handling in zip(before, encodings, strict=True):
            if handling is not None:
                with suppress(OSError):  # it is still broken
                    cast("io.TextIOWrapper", stream).reconfigure(errors=handling)


def unheeded(stream: Stream | None) -> Any:
    """Wrap a stream so that its errors do not make the command fail."""
    if stream is None:
        return None
    inner = stream.stream if isinstance(stream, ForgivingStream) else stream
    return ForgivingStream(inner)


def _escape_unknown(stream: Stream | None) -> str | None:
    """Escape characters that a stream's encoding lacks; returns its former error handling."""
    if not isinstance(stream, io.TextIOWrapper):
        return None
    before = stream.errors
    stream.reconfigure(errors="backslashreplace")
    return before
