"""What a person sees while a stylemap is refined."""

import math
import time
from types import TracebackType

from rich.console import Console
from rich.progress import TextColumn

from stylemapgan.cli.bars import SECONDS_BETWEEN_LINES, new_progress
from stylemapgan.cli.speaking import say


class RefiningBar:
    """A bar with the error and the time left; plain lines where there is no terminal."""

    def __init__(self, console: Console, steps: int) -> None:
        self._console = console
        self._progress = new_progress(console, TextColumn("{task.fields[error]}", style="cyan"))
        self._steps = steps
        self._task = self._progress.add_task("refining", total=steps, error="")
        self._last_line = -math.inf

    def __enter__(self) -> "RefiningBar":
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._progress.stop()

    def show(self, done: int, error: float) -> None:
        """Show how far the search is, and the least error so far."""
        self._progress.update(self._task, completed=done, error=f"error {error:.5f}")
        is_due = time.monotonic() - self._last_line > SECONDS_BETWEEN_LINES
        if not self._console.is_terminal and is_due:
            self._last_line = time.monotonic()
            say(self._console, f"refining: {done} of {self._steps} steps  error {error:.5f}")
