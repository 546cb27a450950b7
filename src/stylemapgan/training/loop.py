"""A whole run: update after update, with pictures, snapshots and a journal on the way."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field

import torch
from lightning_fabric import Fabric
from torch import Tensor

from stylemapgan.augment import ADJUST_EVERY
from stylemapgan.config import RunConfig
from stylemapgan.data import AbstractPhotos, PhotoSet
from stylemapgan.errors import StorageError, StyleMapGANError, TrainingError
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.machine.precision import Choice
from stylemapgan.machine.tf32 import tf32_allowed
from stylemapgan.training import schedule, steps
from stylemapgan.training.descent import Losses, update_ema
from stylemapgan.training.memory import out_of_memory_explained
from stylemapgan.training.microbatches import Microbatch, Phase, PhotoFeed, random_source
from stylemapgan.training.prior import give_head_start
from stylemapgan.training.processes import (
    any_of,
    average,
    describe_hardware,
    first_alone,
    share_of,
    share_weights,
)
from stylemapgan.training.run_folder import RunFolder
from stylemapgan.training.run_logger import (
    LossWindow,
    OnProgress,
    Progress,
    RunLogger,
    TensorBoardLog,
    broken,
)
from stylemapgan.training.saving import Saver
from stylemapgan.training.state import TrainState, broken_part, new_state
from stylemapgan.training.validation import Validator
from stylemapgan.types import Share

LOG_EVERY = 10
"""Updates between two looks at the losses; each look waits for the device."""


@dataclass
class Run:
    """A run in memory, ready to go on from wherever its state is.

    Each process has one of its own; only the first writes into the folder.
    """

    config: RunConfig
    folder: RunFolder
    fabric: Fabric
    photos: AbstractPhotos
    validation: PhotoSet
    distance: AbstractPerceptualDistance | None
    origin: str = ""
    """What the weights started from, if not from scratch."""
    precision: Choice | None = None
    """What was chosen for `auto`, and why; None if the settings name one, as a resumed run's do."""
    is_new: bool = False
    """Whether it was started, not resumed."""
    state: TrainState = field(init=False)
    share: Share = field(init=False)
    _is_begun: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        training = self.config.training
        training.images_a_pass(self.fabric.world_size)
        self.share = share_of(self.fabric)
        self.state = new_state(self.config, self.fabric.device)
        self._saver = Saver(self.config, self.folder, self.state)
        self._feed = PhotoFeed(self.photos, training, self.share, self.fabric.device)
        self._validator = Validator(
            self.validation, self.photos, self.distance, training.frechet_images
        )

    def resume(self) -> None:
        """Go back to the newest good state, or to the start if nothing was saved.

        Raises:
            TrainingError: No state is good, or it is of networks that the settings do not describe.
            StorageError: The folder cannot be put in order: nothing can be written there.
        """
        first_alone(self.fabric, self.folder.remove_unfinished)
        saved = self.folder.states.load(is_told=self.fabric.is_global_zero)
        if saved is not None:
            try:
                self.state.load_state_dict(saved.state)
            except (KeyError, ValueError, RuntimeError):
                raise TrainingError(
                    f"{self.folder.path}: what was saved does not fit the networks of config.toml: "
                    "put the [model] settings there back to what they were"
                ) from None
            self._saver.note_loaded()
            if saved.path != self.folder.states.latest:
                first_alone(self.fabric, self.folder.states.set_damaged_aside)
        first_alone(self.fabric, lambda: self.folder.journal.rewind(self.state.images_seen))

    def train(
        self,
        should_stop: Callable[[], bool] = lambda: False,
        on_progress: OnProgress = lambda progress: None,
    ) -> None:
        """Train to the end, or until asked to stop; either way the state is saved.

        Whatever else ends the run, the state is saved first, if it is whole and good. What a run
        can do without, such as figures, pictures and the journal, may fail: it is told once.

        Raises:
            TrainingError: A loss or weight is no longer finite, memory ran out, another process
                was lost, or has the run's folder; the message says what is saved.
            StorageError: The last state cannot be written; what was saved before stays good.
            MissingExtraError: TensorBoard is asked for and not installed.
        """
        with self._locked(), self._feed, tf32_allowed():
            run_logger = self._open_logger(on_progress)
            self._is_begun = True
            try:
                with closing(run_logger):
                    self._train(run_logger, should_stop)
                self._save()
            except BaseException as error:
                if self.fabric.is_global_zero:
                    self._saver.save_before_the_end(error)
                    _add_to(error, self.where_it_goes_on)
                raise

    def close(self) -> None:
        """Let go of photos and folder; what was started and never trained is removed again."""
        self.photos.close()
        if self.folder.lock.is_held and self.is_new and not self._is_begun:
            self.folder.remove_unbegun()
        self.folder.lock.release()

    def where_it_goes_on(self) -> str:
        """Say in a sentence what the run would go on from; what is saved is verified."""
        return self._saver.where_it_goes_on()

    def _open_logger(self, on_progress: OnProgress) -> RunLogger:
        board = None
        if self.config.training.tensorboard and self.fabric.is_global_zero:
            board = TensorBoardLog(self.folder.path / "tensorboard", self.state.images_seen)
        return RunLogger(self.folder, self.state, self._validator, on_progress, board)

    def _train(self, run_logger: RunLogger, should_stop: Callable[[], bool]) -> None:
        config, state = self.config.training, self.state
        context = steps.StepContext(self.fabric, config, self.distance)
        if state.images_seen < config.images and self.fabric.is_global_zero:
            run_logger.note_machine(self._machine_facts())
        window = LossWindow(self.fabric)
        while state.images_seen < config.images and not self._should_stop(should_stop):
            before = state.images_seen
            with self._saver.iteration():
                losses = self.update(context)
                window.add(state.updates, losses)
                if before < config.adversarial_from <= state.images_seen:
                    self._refuse_broken(window)
                    self._end_warm_up()
            if state.updates % LOG_EVERY == 0 or state.images_seen >= config.images:
                self._log(window, run_logger)
                window = LossWindow(self.fabric)
            self._keep(window, run_logger, before)
        self._refuse_broken(window)

    def update(self, context: steps.StepContext) -> Losses:
        """One iteration: all updates that are due, the averaged weights, and the counts."""
        config, state = self.config.training, self.state
        state.set_learning_rates(config)
        batch = self._next_batch()
        if schedule.is_adversarial(config, state.images_seen):
            losses = self._adversarial_updates(context, batch)
        else:
            with self._memory_explained("the update of encoder and generator", batch):
                losses = steps.warm_up_step(context, state, batch)
        half_life = schedule.ema_half_life(config, state.images_seen)
        for kept, current in (
            (state.generator_ema, state.generator),
            (state.encoder_ema, state.encoder),
        ):
            update_ema(kept, current, images=config.batch, half_life=half_life)
        state.images_seen += config.batch
        state.updates += 1
        return losses

    def _adversarial_updates(self, context: steps.StepContext, batch: steps.Batch) -> Losses:
        config, state = context.config, self.state
        with self._memory_explained("the generator's update", batch):
            losses = steps.generator_step(context, state, batch)
        reconstructed = None
        with self._memory_explained("the discriminator's update", batch):
            if config.speed.share_forward_passes and len(batch) == 1:
                # E and G stay as they are until their update below
                reconstructed = steps.reconstruct(context, state, batch[0])
            losses |= steps.discriminator_step(context, state, batch, reconstructed)
        if state.updates % config.r1_interval == 0:
            with self._memory_explained("the gradient penalty", batch):
                losses |= steps.penalty_step(context, state, batch)
        with self._memory_explained("the reconstruction's update", batch):
            losses |= steps.reconstruction_step(context, state, batch, reconstructed)
        return losses | self._adapt_augmentation(losses["d/sign_real"])

    def _adapt_augmentation(self, sign_real: Tensor) -> Losses:
        config, state = self.config.training, self.state
        if not config.ada.target:
            return {}
        state.ada.observe(average(self.fabric, sign_real), config.batch)
        if (state.updates + 1) % ADJUST_EVERY == 0:
            state.ada.adjust(config.ada.target, config.ada.images_to_full)
        return {"augmentation/p": torch.tensor(state.ada.p, device=sign_real.device)}

    def _end_warm_up(self) -> None:
        config = self.config.training
        if config.mapping_head_start:
            randomness = random_source(config.seed, self.state.images_seen, Phase.HEAD_START)
            is_mirrored = config.horizontal_flips
            give_head_start(self.state, self.photos, is_mirrored=is_mirrored, randomness=randomness)
            share_weights(
                self.fabric, self.state.generator.mapping, self.state.generator_ema.mapping
            )

    def _next_batch(self) -> steps.Batch:
        config = self.config.training
        real = self._feed.take(self.state.images_seen)
        microbatch = Microbatch(real, config.seed, self.state.images_seen, self.share)
        return microbatch.split(config.accumulate)

    def _should_stop(self, should_stop: Callable[[], bool]) -> bool:
        """Stop all processes together; with several, only ask now and then."""
        if self.fabric.world_size > 1 and self.state.updates % LOG_EVERY:
            return False
        return any_of(self.fabric, should_stop())

    def _machine_facts(self) -> dict[str, str]:
        """Say what the run goes on with, and what it started from."""
        reason = self.precision.reason if self.precision else "as config.toml says"
        facts = describe_hardware(self.fabric)
        facts["precision"] = f"{self.config.training.precision}: {reason}"
        if self.origin:
            facts["init_from"] = self.origin
        return facts

    def _log(self, window: LossWindow, run_logger: RunLogger) -> None:
        config, means = self.config.training, self._means(window)
        if self.fabric.is_global_zero:
            rate = window.rate(config.batch)
            run_logger.log(Progress(self.state.images_seen, config.images, rate, means))

    def _keep(self, window: LossWindow, run_logger: RunLogger, before: int) -> None:
        """Save, sample and validate where due."""
        config, seen = self.config.training, self.state.images_seen
        is_sample_due = schedule.is_due(config.sample_every, before, seen)
        is_snapshot_due = schedule.is_due(config.snapshot_every, before, seen)
        if is_sample_due or is_snapshot_due:
            self._refuse_broken(window)
        if is_sample_due and self.fabric.is_global_zero:
            run_logger.sample()
        if is_snapshot_due and seen < config.images:  # the last one follows at the end
            try:
                self._save()
            except StorageError as error:
                run_logger.warn(f"Not saved at {seen:,} images: {error} Training goes on.")

    def _means(self, window: LossWindow) -> dict[str, float]:
        try:
            return window.means()
        except TrainingError:
            self._saver.give_up()
            raise

    def _refuse_broken(self, window: LossWindow) -> None:
        """Look at losses, and at weights: an update may break what its loss still praised."""
        self._means(window)
        part = broken_part(self.state.state_dict())
        if part:
            self._saver.give_up()
            raise broken(self.state.updates, f"{part} are no longer finite")

    def _save(self) -> None:
        if self.fabric.is_global_zero:
            self._saver.save()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Have the run's folder, as since `start` or `resume`, or again."""
        lock = self.folder.lock
        first_alone(self.fabric, lambda: None if lock.is_held else lock.acquire())
        try:
            yield
        finally:
            lock.release()

    def _memory_explained(self, phase: str, batch: steps.Batch) -> AbstractContextManager[None]:
        return out_of_memory_explained(phase, self.config.training, len(batch[0].real))


def _add_to(error: BaseException, tell: Callable[[], str]) -> None:
    """Add a sentence to an error's message; who interrupts a run needs none."""
    if isinstance(error, StyleMapGANError):
        error.args = (f"{str(error).rstrip('.')}. {tell()}",)
    elif isinstance(error, Exception):
        error.add_note(tell())
