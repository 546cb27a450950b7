"""What long commands say between and after their bars."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print a line as it is: paths may hold brackets, and are copied in one piece."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def say_to_people(text: str) -> None:
    """Print a line where a person reads it; files and other programs get results alone."""
    if sys.stdout is not None and sys.stdout.isatty():
        print(text)


@contextmanager
def goes_on_after_ctrl_c(console: Console) -> Iterator[None]:
    """End quietly on Ctrl-C, for commands that go on where they were."""
    try:
        yield
    except KeyboardInterrupt:
        say(console, "Stopped; what is done is kept. The same command goes on.")
        sys.exit(INTERRUPTED)
