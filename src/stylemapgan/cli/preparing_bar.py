"""What a person sees while pictures are prepared."""

import math
import time
from types import TracebackType

from rich.console import Console
from rich.progress import TaskID

from stylemapgan.cli.bars import SECONDS_BETWEEN_LINES, new_progress
from stylemapgan.cli.training_bar import SpeedColumn


class PreparingBar:
    """A bar with speed and time left; plain lines where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = new_progress(console, SpeedColumn())
        self._tasks: dict[str, TaskID] = {}
        self._last_line = -math.inf

    def __enter__(self) -> "PreparingBar":
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, what: str, done: int, total: int) -> None:
        """Show how far it is."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total, completed=done)
        self._progress.update(self._tasks[what], completed=done)
        is_due = time.monotonic() - self._last_line > SECONDS_BETWEEN_LINES
        if not self._console.is_terminal and is_due:
            self._last_line = time.monotonic()
            speed = self._progress.tasks[self._tasks[what]].speed
            shown = f"  {speed:.1f}/s" if speed else ""
            self._console.print(f"{what}: {done:,} of {total:,}{shown}", soft_wrap=True)
