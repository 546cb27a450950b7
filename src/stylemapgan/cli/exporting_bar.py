"""What a person sees while a model is exported."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import TextColumn

from stylemapgan.cli.bars import AbstractBar, new_progress

if TYPE_CHECKING:
    from stylemapgan.interop.onnx_export import Step


class ExportingBar(AbstractBar):
    """A bar with the file at work and time left; plain lines where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self._progress = new_progress(console, TextColumn("layers"), window=300.0)
        super().__init__(console, self._progress)
        self._task = self._progress.add_task("", total=None, visible=False)

    def show(self, step: "Step") -> None:
        """Show what begins, and how far it is."""
        self._progress.update(
            self._task,
            description=step.doing,
            completed=step.done,
            total=step.total,
            visible=True,
        )
        left = self._progress.tasks[self._task].time_remaining
        soon = "" if left is None else f"  about {left:.0f} s left"
        self._log(f"{step.doing}: {step.done:,} of {step.total:,} layers done{soon}")
