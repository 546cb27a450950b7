"""Save a run's state: at snapshots, at the end, and before an error ends the run."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from stylemapgan.config import RunConfig
from stylemapgan.errors import CheckpointError, StorageError, StyleMapGANError, TrainingError
from stylemapgan.training.recipe import Recipe
from stylemapgan.training.run_folder import RunFolder
from stylemapgan.training.state import AbstractTrainState, broken_part
from stylemapgan.training.stopping import finish_first

logger = logging.getLogger(__name__)


class Saver:
    """Saves only states that are complete and finite.

    A state is complete between two iterations, and in the first part of an iteration, while losses
    and gradients are computed and no weight has changed. Only a run resumed from a complete state
    ends with the same weights as one that was never interrupted.
    """

    def __init__(
        self,
        recipe: Recipe[Any],
        config: RunConfig,
        folder: RunFolder,
        state: AbstractTrainState,
    ) -> None:
        self._recipe = recipe
        self._config = config
        self._folder = folder
        self._state = state
        self._is_complete = True
        self._is_saved = False
        self._is_trained = False
        self._forward_changes_state = any(
            isinstance(each, nn.BatchNorm2d)
            for network in state.networks.values()
            for each in network.modules()
        )
        """Batch normalisation updates running averages in each forward pass."""
        for optimizer in state.optimizers:
            optimizer.register_step_pre_hook(lambda *_: self._mark_incomplete())

    def load(self, *, warns: bool) -> bool:
        """Load the newest good state, if one was saved.

        Args:
            warns: Whether to log a warning about damaged states.

        Returns:
            False if a newer state is damaged.

        Raises:
            TrainingError: No state is good, or it belongs to networks of other shapes.
        """
        states = self._folder.states
        saved = states.load(warns=warns)
        if saved is None:
            return True
        try:
            self._state.load_state_dict(saved.state)
        except (KeyError, ValueError, RuntimeError):
            raise TrainingError(
                f"{self._folder.path}: the saved state does not fit the networks in config.toml: "
                "restore the [model] settings there"
            ) from None
        self._is_saved = True
        return saved.path == states.latest

    @contextmanager
    def iteration(self) -> Iterator[None]:
        """Track one iteration; a second Ctrl-C waits for its end."""
        if self._forward_changes_state:
            self._mark_incomplete()
        with finish_first():
            yield
            self._is_complete, self._is_saved, self._is_trained = True, False, True

    def save(self) -> None:
        """Write a snapshot, then the state: a run killed in between repeats both.

        Raises:
            StorageError: One of them cannot be written. The other is written if possible, and
                earlier states stay good.
            TrainingError: This process's lock was removed, so another run may use the folder.
        """
        if not self._folder.lock.is_held:
            raise TrainingError(
                f"Not saved to {self._folder.path}: the lock of this process was removed, so "
                "another run may be using the folder."
            )
        with finish_first():
            failure = None
            try:
                self._save_snapshot()
            except (StorageError, CheckpointError, OSError) as error:
                failure = error  # the state matters more
            self._folder.states.save(self._state.state_dict())
            self._is_saved = True
        if failure is not None:
            raise StorageError(str(failure)) from failure

    def save_before_the_end(self, error: BaseException) -> None:
        """Save the state before an error ends the run, if it is complete and finite.

        Logs a warning if saving fails; the caller raises the error itself.
        """
        is_something_lost = self._is_trained or not isinstance(error, Exception)
        if self._is_saved or not self._is_complete or not is_something_lost:
            return
        if isinstance(error, StorageError):  # saving has just failed
            return
        try:
            if broken_part(self._state.state_dict()) is None:
                self.save()
        except (StyleMapGANError, OSError, RuntimeError, MemoryError) as failure:
            logger.warning(
                "The state at %d images could not be saved: %s", self._state.images_seen, failure
            )

    def mark_broken(self) -> None:
        """Note that the state is broken and must not be saved."""
        self._is_complete = False

    def resume_point(self) -> str:
        """Describe in a sentence where the run would resume; the saved states are verified."""
        try:
            saved = self._folder.states.load(warns=False)
        except TrainingError as error:
            return f"But {error}."
        if saved is None:
            return "No state was saved yet, so --resume starts from the beginning."
        return f"The newest good state was saved at {saved.state['images_seen']:,} images."

    def append_resume_point(self, error: BaseException) -> None:
        """Append where the run would resume to an error's message; interruptions get nothing."""
        if isinstance(error, StyleMapGANError):
            error.args = (f"{str(error).rstrip('.')}. {self.resume_point()}",)
        elif isinstance(error, Exception):
            error.add_note(self.resume_point())

    def _mark_incomplete(self) -> None:
        self._is_complete = False

    def _save_snapshot(self) -> None:
        checkpoint = self._recipe.pack(self._config, self._state)
        self._folder.save_snapshot(checkpoint, self._config.training.keep_snapshots)
