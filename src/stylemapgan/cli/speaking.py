"""Messages of commands on the console: between progress bars, and from one process only."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from stylemapgan.cli.streams import unheeded
from stylemapgan.errors import StyleMapGANError

INTERRUPTED = 130
"""Exit code after Ctrl-C, by the shells' convention."""


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print a line unchanged: no markup, no highlighting, no wrapping of paths."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def say_to_people(text: str) -> None:
    """Print a line if the output is a terminal; files and pipes get results only."""
    if sys.stdout is not None and sys.stdout.isatty():
        print(text)


@contextmanager
def goes_on_after_ctrl_c(
    console: Console, how: str = "Run the same command to continue."
) -> Iterator[None]:
    """Exit with a short message on Ctrl-C, for commands that can resume.

    Args:
        console: Where to print it.
        how: How to resume.
    """
    try:
        yield
    except KeyboardInterrupt:
        say(console, f"Stopped; finished work is kept. {how}")
        sys.exit(INTERRUPTED)


RANKS = ("RANK", "SLURM_PROCID", "LOCAL_RANK")
"""Environment variables that hold the process's rank: torchrun, SLURM, Fabric."""


@contextmanager
def only_the_first_process_speaks() -> Iterator[Console]:
    """Yield a console that never fails, and prints in the first process only.

    Other processes exit silently on errors, which the first process reports.
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
