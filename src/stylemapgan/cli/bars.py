"""The progress bar of every long command."""

import math
import time
from typing import TypeVar

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from stylemapgan.cli.speaking import say

Self = TypeVar("Self", bound="Bar")
SECONDS_BETWEEN_LINES = 30.0
"""How often a step writes a line where no terminal shows the bar, as in a log file."""
SPEED_WINDOW = 120.0
"""Seconds that the speed and the time left are estimated from."""


class Bar:
    """Shows one step of a command at a time, with its speed and the time left.

    On a terminal the bar moves while the `with` block runs; elsewhere lines are printed.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", style="cyan", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            speed_estimate_period=SPEED_WINDOW,
        )
        self._task = self._progress.add_task("", total=None, visible=False, note="")
        self._step = ""
        self._details = Text(style="dim")
        self._last_line = -math.inf
        self._live = Live(console=console, get_renderable=self._shown)

    def __enter__(self: Self) -> Self:
        if self._console.is_terminal:
            self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, step: str, done: int, total: int, note: str = "", details: str = "") -> None:
        """Show how far a step is; a new step takes the place of the one before.

        Args:
            step: What the command does now, such as "writing".
            done: How much of it is done.
            total: How much there is to do.
            note: Shown beside the bar; the speed if empty.
            details: Shown below the bar.
        """
        if step != self._step:
            self._step, self._last_line = step, -math.inf
            self._progress.reset(self._task, description=step, completed=done, total=total)
        self._progress.update(self._task, completed=done, total=total, visible=True)
        task = self._progress.tasks[self._task]
        note = note or (f"{task.speed:.1f}/s" if task.speed else "")
        self._progress.update(self._task, note=note)
        self._details.plain = details
        left = "" if not task.time_remaining else f"about {task.time_remaining:,.0f} s left"
        self._log("  ".join(filter(None, (f"{step}: {done:,} of {total:,}", note, details, left))))

    def show_download(self, done: int, total: int | None) -> None:
        """Show how many bytes of a file have arrived."""
        mebibyte = 2**20
        whole = (total or done + 1) // mebibyte + 1
        self.show("downloading weights (MiB)", done // mebibyte, whole)

    def hide(self) -> None:
        """Clear the bar until the next step."""
        self._step, self._details.plain = "", ""
        self._progress.update(self._task, visible=False)

    def _shown(self) -> RenderableType:
        table = Table.grid()
        table.add_row(self._progress)
        if self._details:
            table.add_row(self._details)
        return table

    def _log(self, line: str) -> None:
        """Print a line if there is no bar to see and the step's last one is long enough ago."""
        is_due = time.monotonic() - self._last_line > SECONDS_BETWEEN_LINES
        if not self._console.is_terminal and is_due:
            self._last_line = time.monotonic()
            say(self._console, line)
