"""The records of a run: losses, journal, sample sheets, TensorBoard and progress."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

from stylemapgan import images
from stylemapgan.errors import MissingExtraError, StyleMapGANError, TrainingError
from stylemapgan.training.descent import Losses
from stylemapgan.training.processes import average
from stylemapgan.training.run_folder import RunFolder
from stylemapgan.training.state import AbstractTrainState
from stylemapgan.training.validation import Validator
from stylemapgan.types import Images

GROUPS = {"losses": "", "validation": "validation/", "learning_rates": "learning_rate/"}
"""Figures of a journal entry → the group in which TensorBoard shows them."""


class TensorBoardLog:
    """Writes journal entries and sample sheets as TensorBoard's event files.

    Each start of a run adds a file to the folder. TensorBoard hides entries of earlier files that
    lie beyond the point that the run resumed from.
    """

    def __init__(self, folder: Path, images_seen: int = 0) -> None:
        """Start writing.

        Args:
            folder: Where event files go; made if missing.
            images_seen: Images seen so far, where the run resumes.

        Raises:
            MissingExtraError: TensorBoard is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ModuleNotFoundError:
            raise MissingExtraError("tensorboard", "tensorboard") from None
        first_step = images_seen + 1 if images_seen else None
        self._writer = SummaryWriter(str(folder), purge_step=first_step)

    def write(self, images_seen: int, **entry: Any) -> None:
        """Write one entry; takes the same arguments as `Journal.write`."""
        for name, value in entry.items():
            if name == "machine":
                text = "  \n".join(f"{key}: {fact}" for key, fact in value.items())
                self._writer.add_text(name, text, images_seen)
            elif isinstance(value, dict):
                self._scalars(images_seen, value, GROUPS[name])
            else:
                self._scalars(images_seen, {name: value}, "speed/")

    def picture(self, images_seen: int, sheet: Images) -> None:
        """Write a sample sheet."""
        pixels = images.to_bytes(sheet[:1])[0]
        self._writer.add_image("samples", pixels, images_seen, dataformats="HWC")

    def close(self) -> None:
        """Flush and close the event file."""
        self._writer.close()

    def _scalars(self, images_seen: int, values: dict[str, float], group: str) -> None:
        for name, value in values.items():
            self._writer.add_scalar(f"{group}{name}", value, images_seen)


class LossWindow:
    """Losses of the updates since the last log entry, left on their device until read."""

    def __init__(self, fabric: Fabric) -> None:
        self.started = time.perf_counter()
        self.updates: list[tuple[int, Losses]] = []
        self._fabric = fabric

    def add(self, update: int, losses: Losses) -> None:
        """Add the losses of one update."""
        self.updates.append((update, losses))

    def means(self) -> dict[str, float]:
        """Average each term over the updates that computed it, and over all processes.

        Raises:
            TrainingError: A loss is not finite; the message names update and term.
        """
        values: dict[str, list[float]] = {}
        for (update, losses), numbers in zip(self.updates, self._fetch(), strict=True):
            for name, value in zip(losses, numbers, strict=True):
                if not math.isfinite(value):
                    raise not_finite(update, f"the loss {name} became {value}")
                values.setdefault(name, []).append(value)
        return {name: math.fsum(each) / len(each) for name, each in values.items()}

    def rate(self, batch: int) -> float:
        """Compute images per second since the window began."""
        return len(self.updates) * batch / (time.perf_counter() - self.started)

    def _fetch(self) -> list[list[float]]:
        """Fetch all numbers at once: each wait for the device takes time."""
        if not self.updates:
            return []
        rows = [torch.stack(list(losses.values())) for _, losses in self.updates]
        numbers = average(self._fabric, torch.cat(rows))
        return [row.tolist() for row in numbers.cpu().split([len(row) for row in rows])]


def not_finite(update: int, what: str) -> TrainingError:
    """Make the error of a run whose numbers are no longer finite."""
    return TrainingError(
        f"Update {update}: {what}. Lower learning_rate or r1_gamma in the run's config.toml, or "
        "set precision to 32-true there, then continue with --resume."
    )


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """Values for a progress bar."""

    images_seen: int
    images_total: int
    images_per_second: float
    losses: dict[str, float]


OnProgress = Callable[[Progress], None]


class RunLogger:
    """Records what happens in a run; a failure is reported once, in one line, and ends nothing.

    Training does not depend on any of this: a full disk, a closed terminal or a figure that
    cannot be computed must not end days of training.
    """

    def __init__(
        self,
        folder: RunFolder,
        state: AbstractTrainState,
        validator: Validator,
        on_progress: OnProgress,
        board: TensorBoardLog | None = None,
    ) -> None:
        self._folder = folder
        self._state = state
        self._validator = validator
        self._on_progress = on_progress
        self._board = board
        self._failed: set[str] = set()

    def note_start(self, facts: dict[str, str], phases: dict[str, int]) -> None:
        """Record what the run computes on, and the images seen at which its phases begin."""
        self._write_journal(machine=facts, phases=phases)
        self._write_board(machine=facts)

    def log(self, progress: Progress) -> None:
        """Record losses and speed, and show progress."""
        speed = round(progress.images_per_second, 2)
        rates = self._state.learning_rates
        self._write(losses=progress.losses, images_per_second=speed, learning_rates=rates)
        with self._attempt("Showing progress"):
            self._on_progress(progress)

    def sample(self) -> None:
        """Validate, and draw a sample sheet."""
        state, figures = self._state, {}
        with self._attempt("Validation"):
            figures |= self._validator.reconstruction(state)
        with self._attempt("The Fréchet distance"):
            figures |= self._validator.frechet(state)
        if figures:
            self._write(validation=figures)
        with self._attempt("The sample sheet"):
            sheet = self._validator.sheet(state)
            images.write(self._folder.samples / f"{state.images_seen:09d}.png", sheet)
            if self._board:
                with self._attempt("TensorBoard"):
                    self._board.picture(state.images_seen, sheet)

    def warn(self, text: str) -> None:
        """Log a one-line warning to the console and the journal."""
        logger.warning("%s", text)
        self._write_journal(warning=text)

    def close(self) -> None:
        """Flush what is still in memory."""
        if self._board:
            with self._attempt("TensorBoard"):
                self._board.close()

    def _write(self, **entry: Any) -> None:
        self._write_journal(**entry)
        self._write_board(**entry)

    def _write_board(self, **entry: Any) -> None:
        if self._board:
            with self._attempt("TensorBoard"):
                self._board.write(self._state.images_seen, **entry)

    def _write_journal(self, **entry: Any) -> None:
        with self._attempt("Writing the journal"):
            self._folder.journal.write(self._state.images_seen, **entry)

    @contextmanager
    def _attempt(self, what: str) -> Iterator[None]:
        """Run a block that may fail; `what` begins the warning."""
        try:
            yield
        except Exception as error:  # training must continue whatever fails here
            if what not in self._failed:
                self._failed.add(what)
                self.warn(f"{what} failed ({_reason(error)}); training continues.")


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split("\n"))
    return text if isinstance(error, StyleMapGANError) else f"{type(error).__name__}: {text}"
