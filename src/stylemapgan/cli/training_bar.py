"""What a person sees while a model trains."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import ProgressColumn, Task
from rich.text import Text

from stylemapgan.cli.bars import AbstractBar, new_progress
from stylemapgan.cli.streams import unheeded
from stylemapgan.errors import StyleMapGANError

if TYPE_CHECKING:
    from stylemapgan.training.loop import Progress as TrainingProgress


SPEED_WINDOW = 120.0
"""Seconds that the shown speed is averaged over."""


class TrainingBar(AbstractBar):
    """A bar with speed, time left and losses; plain lines where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self._progress = new_progress(console, SpeedColumn(), SPEED_WINDOW)
        self._photos = self._progress.add_task("photos", visible=False)
        self._images = self._progress.add_task("training", visible=False, start=False)
        self._losses = Text(style="dim")
        super().__init__(console, Live(Group(self._progress, self._losses), console=console))

    def show_photo(self, done: int, total: int) -> None:
        """Show that photos are being unpacked."""
        self._progress.update(self._photos, completed=done, total=total, visible=done < total)

    def show_update(self, progress: "TrainingProgress") -> None:
        """Show how far training is."""
        losses = "  ".join(f"{name} {value:.3f}" for name, value in sorted(progress.losses.items()))
        self._losses.plain = losses
        self._progress.start_task(self._images)
        self._progress.update(
            self._images,
            completed=progress.images_seen,
            total=progress.images_in_all,
            visible=True,
        )
        self._log(
            f"{progress.images_seen:,} of {progress.images_in_all:,} images  "
            f"{progress.images_per_second:.1f} images/s  {losses}"
        )


class SpeedColumn(ProgressColumn):
    """Images per second."""

    def render(self, task: Task) -> Text:
        """Show the speed, once it is known."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="cyan")


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
