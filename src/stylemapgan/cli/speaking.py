"""What long commands say between and after their bars, and which of several processes says it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from stylemapgan.cli.streams import unheeded
from stylemapgan.errors import StyleMapGANError

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


RANKS = ("RANK", "SLURM_PROCID", "LOCAL_RANK")
"""Where a launcher says which process this is: torchrun, SLURM, Fabric."""


@contextmanager
def only_the_first_process_speaks() -> Iterator[Console]:
    """Lend a console that is silent in all processes but the first, and never fails.

    An error that the first process reports too ends the others without a word.
    """
    if _rank() == 0:
        yield Console(file=unheeded(sys.stdout))
        return
    try:
        yield Console(quiet=True)
    except StyleMapGANError:
        sys.exit(2)


def _rank() -> int:
    return next((int(os.environ[name]) for name in RANKS if name in os.environ), 0)
