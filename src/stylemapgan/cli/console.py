"""A console that never stops a command: what cannot be shown is dropped."""

import atexit
import os
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

from rich.console import Console


def new_console(**options: Any) -> Console:
    """Make the console of a command that should reach its end, whoever is watching.

    The pipe it writes to may be closed (`| head -1`), the disk full, the terminal gone, its
    encoding without the characters to be shown: none of these ends the work.

    Args:
        options: For `rich.console.Console`.
    """
    if sys.stdout is None:  # closed before the command began
        return Console(quiet=True, **options)
    atexit.unregister(_settle)  # once is enough
    atexit.register(_settle)
    return Console(file=cast(TextIO, ForgivingStream(sys.stdout)), **options)


class ForgivingStream:
    """A text stream that drops what it cannot write; in all else it is the one it was made of.

    Args:
        stream: Such as `sys.stdout`, or whatever stands in its place.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written; characters that the encoding lacks are spelled out."""
        with suppress(OSError, ValueError):  # ValueError: it is closed
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                encoding = self._stream.encoding or "ascii"
                told = text.encode(encoding, "backslashreplace").decode(encoding)
                self._stream.write(told)
        return len(text)

    def flush(self) -> None:
        """Bring out what can be brought out."""
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _settle() -> None:
    """Drop what is still in memory and cannot be written, which Python would call a failure."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
