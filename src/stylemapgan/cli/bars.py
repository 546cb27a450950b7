"""What all bars of long commands have in common."""

import math
import time
from typing import TypeVar

from rich.console import Console
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from stylemapgan.cli.speaking import say

Bar = TypeVar("Bar", bound="AbstractBar")
SECONDS_BETWEEN_LINES = 30.0
"""How often a log file, which shows no moving bar, gets a line."""


def new_progress(console: Console, measure: ProgressColumn, window: float = 30.0) -> Progress:
    """Make a bar with how much is done, a measure of the command's own, and the time left.

    Args:
        console: Where to.
        measure: Speed, or whatever else a person watches.
        window: Seconds that the speed is averaged over.
    """
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        measure,
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        speed_estimate_period=window,
    )


class AbstractBar:
    """A bar that moves while it is entered; where there is no terminal, a line now and then."""

    def __init__(self, console: Console, moving: Progress | Live) -> None:
        self._console = console
        self._moving = moving
        self._last_line = -math.inf

    def __enter__(self: Bar) -> Bar:
        if self._console.is_terminal:
            self._moving.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._moving.stop()

    def _log(self, line: str) -> None:
        """Print a line if there is no bar to see and the last one is long enough ago."""
        is_due = time.monotonic() - self._last_line > SECONDS_BETWEEN_LINES
        if not self._console.is_terminal and is_due:
            self._last_line = time.monotonic()
            say(self._console, line)
