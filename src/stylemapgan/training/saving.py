"""When a run's state is saved: at snapshots, at the end, and before whatever else ends it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from stylemapgan.checkpoints.networks import pack
from stylemapgan.config import RunConfig
from stylemapgan.errors import CheckpointError, StorageError, StyleMapGANError, TrainingError
from stylemapgan.training.run_folder import RunFolder
from stylemapgan.training.state import TrainState, broken_part
from stylemapgan.training.stopping import finish_first

logger = logging.getLogger(__name__)


class Saver:
    """Saves states that are whole and good, and no others.

    A state is whole between two iterations, and in the first part of an iteration, where losses
    and gradients are computed but no weight has moved. Only from a whole state does a resumed run
    end with the same weights as one that was never interrupted.
    """

    def __init__(self, config: RunConfig, folder: RunFolder, state: TrainState) -> None:
        self._config = config
        self._folder = folder
        self._state = state
        self._is_whole = True
        self._is_saved = False
        self._is_trained = False
        self._forward_moves = any(isinstance(each, nn.BatchNorm2d) for each in _modules(state))
        """Batch normalisation keeps running averages: a loss alone changes them."""
        for optimizer in state.optimizers:
            optimizer.register_step_pre_hook(lambda *_: self._begin_to_move())

    def note_loaded(self) -> None:
        """Take note that the state is the one on disk."""
        self._is_saved = True

    @contextmanager
    def iteration(self) -> Iterator[None]:
        """Watch one iteration; a second Ctrl-C waits for its end."""
        if self._forward_moves:
            self._begin_to_move()
        with finish_first():
            yield
            self._is_whole, self._is_saved, self._is_trained = True, False, True

    def save(self) -> None:
        """Write a snapshot, then the state: a run killed in between does both again.

        Raises:
            StorageError: One of them cannot be written; the other still is, if possible, and what
                was saved before stays good.
            TrainingError: Somebody removed this process's lock, and another run may be there.
        """
        if not self._folder.lock.is_held:
            raise TrainingError(
                f"{self._folder.path} is not saved to: this process's lock was removed from it, so "
                "another run may be using it."
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
        """Save what an error would otherwise cost, if the state is whole and good.

        Says in one line if that fails; the error itself is the caller's.
        """
        is_something_lost = self._is_trained or not isinstance(error, Exception)
        if self._is_saved or not self._is_whole or not is_something_lost:
            return
        if isinstance(error, StorageError):  # that was the attempt
            return
        try:
            if broken_part(self._state.state_dict()) is None:
                self.save()
        except (StyleMapGANError, OSError, RuntimeError, MemoryError) as failure:
            logger.warning(
                "The state at %d images could not be saved: %s", self._state.images_seen, failure
            )

    def give_up(self) -> None:
        """Take note that the state is broken: it must not be saved."""
        self._is_whole = False

    def where_it_goes_on(self) -> str:
        """Say from where on a resumed run would go on, in a sentence; what is saved is verified."""
        try:
            saved = self._folder.states.load(is_told=False)
        except TrainingError as error:
            return f"But {error}."
        if saved is None:
            return "Nothing was saved before, so --resume starts from the beginning."
        return f"The newest good state has seen {saved.state['images_seen']:,} images."

    def _begin_to_move(self) -> None:
        self._is_whole = False

    def _save_snapshot(self) -> None:
        checkpoint = pack(
            self._config.model,
            self._state.generator_ema,
            self._state.encoder_ema,
            images_seen=self._state.images_seen,
            licence=self._config.data.licence,
            data=self._config.data.statement,
        )
        self._folder.save_snapshot(checkpoint, self._config.training.keep_snapshots)


def _modules(state: TrainState) -> Iterator[nn.Module]:
    for network in (state.generator, state.encoder, state.discriminator):
        yield from network.modules()
