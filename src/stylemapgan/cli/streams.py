"""Standard output and error that never end a command: what cannot be written is dropped.

A reader that has seen enough (`| head -1`), a closed terminal or a full disk behind `>` must not
cost the files a command is making. Letters that the encoding lacks are spelled out.
"""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TextIO, cast, runtime_checkable

GONE = frozenset({errno.EPIPE, errno.EIO, errno.EINVAL})
"""Nobody reads any more: a pipe without a reader, a closed terminal; the last on Windows."""


@runtime_checkable
class Stream(Protocol):
    """Whatever stands for standard output or error."""

    def write(self, text: str, /) -> int:
        """Take a text."""
        ...

    def flush(self) -> None:
        """Pass on what was taken."""
        ...


class ForgivingStream:
    """A text stream that drops what cannot be written, and remembers why.

    Args:
        stream: Where text goes; it does the rest, such as telling its encoding.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.problem: OSError | None = None
        """The newest error, but for those that only say that nobody reads."""
        self._is_used = False
        self._is_read = True

    def write(self, text: str) -> int:
        """Write, or drop; the length is that of the text either way."""
        self._is_used = True
        if self._is_read:
            try:
                self.stream.write(text)
            except OSError as error:
                self._remember(error)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Bring what was written to its reader, or drop it."""
        if self._is_read:
            try:
                self.stream.flush()
            except OSError as error:
                self._remember(error)

    def finish(self) -> None:
        """Write what is left; what cannot be written is forgotten, also at the program's end."""
        self.flush()
        if self.problem is not None:
            self._forget()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def _remember(self, error: OSError) -> None:
        if error.errno in GONE:
            self._is_read = False
            self._forget()
        elif self._is_used:
            self.problem = error
        else:  # left by somebody whose output does not matter
            self._forget()

    def _forget(self) -> None:
        """Give the rest of the output a place where it may go."""
        with suppress(OSError, ValueError):  # this stream is no file
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, cast("TextIO", self.stream).fileno())
            os.close(nowhere)


@contextmanager
def forgiving_streams() -> Iterator[ForgivingStream | None]:
    """Make standard output and error forgiving while the block runs; lends the output.

    None stands for an output that was closed from the beginning.
    """
    before = sys.stdout, sys.stderr
    encodings = [_spell_out(stream) for stream in before]
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
    """Make a forgiving stream whose losses do not count as the command's failure."""
    if stream is None:
        return None
    inner = stream.stream if isinstance(stream, ForgivingStream) else stream
    return ForgivingStream(inner)


def _spell_out(stream: Stream | None) -> str | None:
    """Let a stream take all letters; returns how it handled those it lacks, None if it can't."""
    if not isinstance(stream, io.TextIOWrapper):
        return None
    before = stream.errors
    stream.reconfigure(errors="backslashreplace")
    return before
