"""What a person sees while a stylemap is refined."""

from rich.console import Console
from rich.progress import TextColumn

from stylemapgan.cli.bars import AbstractBar, new_progress


class RefiningBar(AbstractBar):
    """A bar with the error and the time left; plain lines where there is no terminal."""

    def __init__(self, console: Console, steps: int) -> None:
        self._progress = new_progress(console, TextColumn("{task.fields[error]}", style="cyan"))
        super().__init__(console, self._progress)
        self._steps = steps
        self._task = self._progress.add_task("refining", total=steps, error="")

    def show(self, done: int, error: float) -> None:
        """Show how far the search is, and the least error so far."""
        self._progress.update(self._task, completed=done, error=f"error {error:.5f}")
        self._log(f"refining: {done} of {self._steps} steps  error {error:.5f}")
