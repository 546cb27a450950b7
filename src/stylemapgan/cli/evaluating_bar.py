"""What a person sees while a model is measured."""

from rich.console import Console
from rich.progress import TextColumn

from stylemapgan.cli.bars import AbstractBar, new_progress
from stylemapgan.cli.speaking import say


class EvaluatingBar(AbstractBar):
    """A bar for the step at hand, with the time left; plain lines where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self._progress = new_progress(console, TextColumn("{task.fields[of]}", style="cyan"))
        super().__init__(console, self._progress)
        self._bar = self._progress.add_task("", total=None, visible=False, of="")
        self._task = self._step = ""

    def begin(self, task: str) -> None:
        """Say which task follows."""
        self._task = task
        if not self._console.is_terminal:
            say(self._console, f"{task} …")

    def end(self) -> None:
        """Clear the bar: the task is done."""
        self._progress.update(self._bar, visible=False)

    def show(self, step: str, done: int, total: int) -> None:
        """Show how far a step of the task is."""
        if step != self._step or done == 0:
            self._step = step
            self._progress.reset(self._bar, total=total, description=step, of=self._task)
        self._progress.update(self._bar, completed=done, total=total, visible=done < total)
        self._log(f"{self._task}: {step} {done:,} of {total:,}")

    def show_bytes(self, done: int, total: int | None) -> None:
        """Show how far a download of weights is, in MiB."""
        mebibyte = 2**20
        self.show("fetching weights (MiB)", done // mebibyte, (total or done + 1) // mebibyte + 1)
