"""The training loop: updates, sample sheets, snapshots and the journal of one run."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Generic

from lightning_fabric import Fabric

from stylemapgan.config import RunConfig
from stylemapgan.data import AbstractPhotos, PhotoSet
from stylemapgan.data.label_maps import LabelMapSet
from stylemapgan.errors import StorageError, TrainingError
from stylemapgan.features.efficientnet import EfficientNetLite0
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.machine.precision import Choice
from stylemapgan.machine.tf32 import tf32_allowed
from stylemapgan.training import schedule
from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.descent import Losses, update_ema
from stylemapgan.training.iteration import one_iteration
from stylemapgan.training.microbatches import Microbatch, PhotoFeed
from stylemapgan.training.processes import (
    any_of,
    describe_hardware,
    first_alone,
    share_of,
    share_weights,
)
from stylemapgan.training.recipe import Recipe, State, new_state
from stylemapgan.training.run_folder import RunFolder
from stylemapgan.training.run_logger import (
    LossWindow,
    OnProgress,
    Progress,
    RunLogger,
    TensorBoardLog,
    not_finite,
)
from stylemapgan.training.saving import Saver
from stylemapgan.training.state import broken_part
from stylemapgan.training.validation import Validator
from stylemapgan.types import Share

LOG_EVERY = 10
"""Updates between two log entries; reading the losses waits for the device."""


@dataclass
class Run(Generic[State]):
    """A run in memory, ready to continue from its state.

    Each process has its own; only the first writes into the folder.
    """

    recipe: Recipe[State]
    """What is trained, and how."""
    config: RunConfig
    folder: RunFolder
    fabric: Fabric
    photos: AbstractPhotos
    validation: PhotoSet
    distance: AbstractPerceptualDistance | None
    label_maps: LabelMapSet | None = None
    """Maps of the photos' parts, for methods that need them."""
    validation_maps: LabelMapSet | None = None
    features: EfficientNetLite0 | None = None
    """What the discriminator of features sees pictures through, if there is one."""
    origin: str = ""
    """Which model the weights were copied from; empty for fresh weights."""
    precision: Choice | None = None
    """The precision chosen for `auto`, with the reason; None if the configuration names one."""
    is_new: bool = False
    """Whether the run was started, not resumed."""
    state: State = field(init=False)
    share: Share = field(init=False)
    _is_begun: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        training = self.config.training
        training.images_a_pass(self.fabric.world_size)
        self.share = share_of(self.fabric)
        self.state = new_state(self.recipe, self.config, self.fabric.device)
        self._saver = Saver(self.recipe, self.config, self.folder, self.state)
        self._feed = PhotoFeed(
            self.photos, training, self.share, self.fabric.device, self.label_maps
        )
        self._validator = Validator(
            recipe=self.recipe,
            config=self.config,
            photos=self.validation,
            label_maps=self.validation_maps,
            training_photos=self.photos,
            distance=self.distance,
        )

    def resume(self) -> None:
        """Load the newest good state; without a saved one, start from the beginning.

        Raises:
            TrainingError: No state is good, or it belongs to networks of other shapes.
            StorageError: The folder cannot be written.
        """
        first_alone(self.fabric, self.folder.remove_unfinished)
        is_newest = self._saver.load(warns=self.fabric.is_global_zero)
        if not is_newest:
            first_alone(self.fabric, self.folder.states.set_damaged_aside)
        first_alone(self.fabric, lambda: self.folder.journal.rewind(self.state.images_seen))

    def train(
        self,
        should_stop: Callable[[], bool] = lambda: False,
        on_progress: OnProgress = lambda progress: None,
    ) -> None:
        """Train to the end, or until `should_stop` returns True; then save the state.

        If an error ends the run, the state is saved first, provided it is complete and finite.
        Failures of validation, sample sheets and the journal do not end a run; each is reported
        once.

        Args:
            should_stop: Called before each update.
            on_progress: Called after every few updates.

        Raises:
            TrainingError: A loss or weight is no longer finite, memory ran out, another process
                was lost or uses the run's folder; the message says what is saved.
            StorageError: The last state cannot be written; the one saved before stays good.
            MissingExtraError: TensorBoard is configured and not installed.
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
                    self._saver.append_resume_point(error)
                raise

    def close(self) -> None:
        """Release photos and folder; remove the files of a run that never trained."""
        self.photos.close()
        if self.folder.lock.is_held and self.is_new and not self._is_begun:
            self.folder.remove_unbegun()
        self.folder.lock.release()

    def resume_point(self) -> str:
        """Describe in a sentence where the run would resume; the saved states are verified."""
        return self._saver.resume_point()

    def _open_logger(self, on_progress: OnProgress) -> RunLogger:
        board = None
        if self.config.training.tensorboard and self.fabric.is_global_zero:
            board = TensorBoardLog(self.folder.path / "tensorboard", self.state.images_seen)
        return RunLogger(self.folder, self.state, self._validator, on_progress, board)

    def _train(self, run_logger: RunLogger, should_stop: Callable[[], bool]) -> None:
        config, state = self.config.training, self.state
        context = StepContext(self.fabric, config, self.distance, self.features)
        if state.images_seen < config.images and self.fabric.is_global_zero:
            run_logger.note_start(self._machine_facts(), self._phases())
        window = LossWindow(self.fabric)
        while state.images_seen < config.images and not self._should_stop(should_stop):
            before = state.images_seen
            with self._saver.iteration():
                losses = self.update(context)
                window.add(state.updates, losses)
                if before < config.adversarial_from <= state.images_seen:
                    self._check_finite(window)
                    self._end_warm_up()
            if state.updates % LOG_EVERY == 0 or state.images_seen >= config.images:
                self._log(window, run_logger)
                window = LossWindow(self.fabric)
            self._save_and_sample(window, run_logger, before)
        self._check_finite(window)

    def update(self, context: StepContext) -> Losses:
        """Run one iteration: all updates that are due, the averaged weights and the counts."""
        config, state = self.config.training, self.state
        state.set_schedule(config)
        losses = one_iteration(self.recipe, context, state, self._next_batch())
        half_life = schedule.ema_half_life(config, state.images_seen)
        for kept, current in state.averages:
            update_ema(kept, current, images=config.batch, half_life=half_life)
        state.images_seen += config.batch
        state.updates += 1
        return losses

    def _end_warm_up(self) -> None:
        if self.recipe.end_warm_up is not None:
            changed = self.recipe.end_warm_up(self.state, self.config.training, self.photos)
            share_weights(self.fabric, *changed)

    def _next_batch(self) -> Batch:
        config = self.config.training
        real = self._feed.take(self.state.images_seen)
        maps = self._feed.take_label_maps(self.state.images_seen)
        microbatch = Microbatch(real, config.seed, self.state.images_seen, self.share, maps)
        return microbatch.split(config.accumulate)

    def _should_stop(self, should_stop: Callable[[], bool]) -> bool:
        """Stop all processes together; several agree only every few updates, to save time."""
        if self.fabric.world_size > 1 and self.state.updates % LOG_EVERY:
            return False
        return any_of(self.fabric, should_stop())

    def _machine_facts(self) -> dict[str, str]:
        """Collect what the run computes on, and which model it started from."""
        reason = self.precision.reason if self.precision else "as config.toml says"
        facts = describe_hardware(self.fabric)
        facts["precision"] = f"{self.config.training.precision}: {reason}"
        if self.origin:
            facts["init_from"] = self.origin
        return facts

    def _phases(self) -> dict[str, int]:
        """Find the images seen at which each phase begins."""
        config = self.config.training
        starts = dict(self.recipe.phases(config))
        if config.cooldown:
            starts["cooldown"] = config.images - config.cooldown
        return {name: start for name, start in starts.items() if start > 0}

    def _log(self, window: LossWindow, run_logger: RunLogger) -> None:
        config, means = self.config.training, self._means(window)
        if self.fabric.is_global_zero:
            rate = window.rate(config.batch)
            run_logger.log(Progress(self.state.images_seen, config.images, rate, means))

    def _save_and_sample(self, window: LossWindow, run_logger: RunLogger, before: int) -> None:
        """Save, draw sample sheets and validate when due."""
        config, seen = self.config.training, self.state.images_seen
        is_sample_due = schedule.is_due(config.sample_every, before, seen)
        is_snapshot_due = schedule.is_due(config.snapshot_every, before, seen)
        if is_sample_due or is_snapshot_due:
            self._check_finite(window)
        if is_sample_due and self.fabric.is_global_zero:
            run_logger.sample()
        if is_snapshot_due and seen < config.images:  # the last one follows at the end
            try:
                self._save()
            except StorageError as error:
                run_logger.warn(f"Not saved at {seen:,} images: {error} Training continues.")

    def _means(self, window: LossWindow) -> dict[str, float]:
        try:
            return window.means()
        except TrainingError:
            self._saver.mark_broken()
            raise

    def _check_finite(self, window: LossWindow) -> None:
        """Check losses and weights: an update may break weights although its loss is finite."""
        self._means(window)
        part = broken_part(self.state.state_dict())
        if part:
            self._saver.mark_broken()
            raise not_finite(self.state.updates, f"{part} are no longer finite")

    def _save(self) -> None:
        if self.fabric.is_global_zero:
            self._saver.save()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the run's folder, taken by `start` or `resume` or taken again."""
        lock = self.folder.lock
        first_alone(self.fabric, lambda: None if lock.is_held else lock.acquire())
        try:
            yield
        finally:
            lock.release()
