"""Where a run tells what happens: journal, pictures, figures, TensorBoard, progress."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from stylemapgan import images
from stylemapgan.errors import StyleMapGANError
from stylemapgan.training.preview import sample_sheet
from stylemapgan.training.run_folder import RunFolder
from stylemapgan.training.state import TrainState
from stylemapgan.training.tensorboard import TensorBoardLog
from stylemapgan.training.validation import Validator

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """What a progress bar shows."""

    images_seen: int
    images_in_all: int
    images_per_second: float
    losses: dict[str, float]


OnProgress = Callable[[Progress], None]


class RunLogger:
    """Tells what happens; whatever of it fails is told once, in one line, and costs nothing else.

    A run can do without any of this: a full disk, a closed terminal or a figure that cannot be
    computed must not end days of training.
    """

    def __init__(
        self,
        folder: RunFolder,
        state: TrainState,
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

    def note_machine(self, facts: dict[str, str]) -> None:
        """Write down what the run goes on with."""
        self._write(machine=facts)

    def log(self, progress: Progress) -> None:
        """Write down losses and speed, and show progress."""
        speed = round(progress.images_per_second, 2)
        self._write(losses=progress.losses, images_per_second=speed)
        with self._attempt("Showing progress"):
            self._on_progress(progress)

    def sample(self) -> None:
        """Validate, and draw a sample sheet."""
        state, figures = self._state, {}
        with self._attempt("Validation"):
            figures |= self._validator.reconstruction(state.generator_ema, state.encoder_ema)
        with self._attempt("The Fréchet distance"):
            figures |= self._validator.frechet(state.generator_ema)
        if figures:
            self._write(validation=figures)
        with self._attempt("The sample sheet"):
            sheet = sample_sheet(state, self._validator.photos)
            images.write(self._folder.samples / f"{state.images_seen:09d}.png", sheet)
            if self._board:
                with self._attempt("TensorBoard"):
                    self._board.picture(state.images_seen, sheet)

    def warn(self, text: str) -> None:
        """Tell a person something in one line, on the console and in the journal."""
        logger.warning("%s", text)
        self._write_journal(warning=text)

    def close(self) -> None:
        """Write what is still in memory."""
        if self._board:
            with self._attempt("TensorBoard"):
                self._board.close()

    def _write(self, **entry: Any) -> None:
        self._write_journal(**entry)
        if self._board:
            with self._attempt("TensorBoard"):
                self._board.write(self._state.images_seen, **entry)

    def _write_journal(self, **entry: Any) -> None:
        with self._attempt("Writing the journal"):
            self._folder.journal.write(self._state.images_seen, **entry)

    @contextmanager
    def _attempt(self, what: str) -> Iterator[None]:
        """Do something that may fail; `what` begins a sentence about it."""
        try:
            yield
        except Exception as error:  # whatever it is, training is worth more
            if what not in self._failed:
                self._failed.add(what)
                self.warn(f"{what} failed ({_reason(error)}); training goes on.")


def _reason(error: Exception) -> str:
    told = " ".join(str(error).split("\n"))
    return told if isinstance(error, StyleMapGANError) else f"{type(error).__name__}: {told}"
