"""What a person sees while pictures are prepared."""

from rich.console import Console
from rich.progress import TaskID

from stylemapgan.cli.bars import AbstractBar, new_progress
from stylemapgan.cli.training_bar import SpeedColumn


class PreparingBar(AbstractBar):
    """A bar with speed and time left; plain lines where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self._progress = new_progress(console, SpeedColumn())
        super().__init__(console, self._progress)
        self._tasks: dict[str, TaskID] = {}

    def show(self, what: str, done: int, total: int) -> None:
        """Show how far it is."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total, completed=done)
        self._progress.update(self._tasks[what], completed=done)
        speed = self._progress.tasks[self._tasks[what]].speed
        shown = f"  {speed:.1f}/s" if speed else ""
        self._log(f"{what}: {done:,} of {total:,}{shown}")
