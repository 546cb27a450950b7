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


@contextmanager
def goes_on_after_ctrl_c(console: Console) -> Iterator[None]:
    """End quietly on Ctrl-C, for commands that go on where they were."""
    try:
        yield
    except KeyboardInterrupt:
        say(console, "Stopped; what is done is kept. The same command goes on.")
        sys.exit(INTERRUPTED)
