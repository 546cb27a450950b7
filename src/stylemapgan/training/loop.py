"""A whole run: update after update, with pictures, snapshots and a diary on the way."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from stylemapgan.augment import ADJUST_EVERY
from stylemapgan.checkpoints.networks import pack
from stylemapgan.config import RunConfig
from stylemapgan.data import AbstractPhotos, PhotoSet, Prefetcher
from stylemapgan.errors import TrainingError
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.machine.precision import Choice
from stylemapgan.machine.tf32 import tf32_allowed
from stylemapgan.training import machine, schedule, steps
from stylemapgan.training.descent import Losses
from stylemapgan.training.diary import Diary
from stylemapgan.training.ema import update_ema
from stylemapgan.training.folder import RunFolder
from stylemapgan.training.memory import out_of_memory_explained
from stylemapgan.training.portions import Phase, Portion, random_source
from stylemapgan.training.preview import sample_sheet
from stylemapgan.training.prior import give_head_start
from stylemapgan.training.processes import any_of, average, first_alone, share_of, share_weights
from stylemapgan.training.state import TrainState, new_state
from stylemapgan.training.validation import Validator
from stylemapgan.training.window import LossWindow, broken
from stylemapgan.types import Share

LOG_EVERY = 10
"""Updates between two looks at the losses; each look waits for the device."""


@dataclass(frozen=True)
class Progress:
    """What a progress bar shows."""

    images_seen: int
    images_in_all: int
    images_per_second: float
    losses: dict[str, float]


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
    state: TrainState = field(init=False)
    share: Share = field(init=False)

    def __post_init__(self) -> None:
        training = self.config.training
        training.images_a_pass(self.fabric.world_size)
        self.share = share_of(self.fabric)
        self.state = new_state(self.config, self.fabric.device)
        self._prefetcher = Prefetcher(self.photos, training.batch, self.share, training.seed)
        self._validator = Validator(
            self.validation, self.photos, self.distance, training.frechet_images
        )

    def resume(self) -> None:
        """Go back to the newest saved state, or to the start if there is none.

        Raises:
            TrainingError: The state is damaged, or of networks that the settings do not describe.
        """
        first_alone(self.fabric, self.folder.remove_unfinished)
        saved = self.folder.load_state()
        if saved is not None:
            try:
                self.state.load_state_dict(saved)
            except (KeyError, ValueError, RuntimeError):
                raise TrainingError(
                    f"{self.folder.path}: what was saved does not fit the networks of config.toml: "
                    "put the [model] settings there back to what they were"
                ) from None
        first_alone(self.fabric, lambda: self.folder.journal.rewind(self.state.images_seen))

    def train(
        self,
        should_stop: Callable[[], bool] = lambda: False,
        on_progress: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        """Train to the end, or until asked to stop; either way the state is saved.

        Raises:
            TrainingError: A loss or weight is no longer finite, memory ran out, or another
                process was lost; what was saved before stays.
        """
        config, state = self.config.training, self.state
        lesson = steps.Lesson(self.fabric, config, self.distance)
        is_board_wanted = config.tensorboard and self.fabric.is_global_zero
        diary = Diary(self.folder, state.images_seen, is_board_wanted)
        if state.images_seen < config.images and self.fabric.is_global_zero:
            self._note_machine(diary)
        window = LossWindow(self.fabric)
        with self._prefetcher, closing(diary), tf32_allowed():
            while state.images_seen < config.images and not self._should_stop(should_stop):
                before = state.images_seen
                losses = self.update(lesson)
                window.add(state.updates, losses)
                if before < config.adversarial_from <= state.images_seen:
                    self._refuse_broken(window)
                    self._end_warm_up()
                if state.updates % LOG_EVERY == 0 or state.images_seen >= config.images:
                    self._log(window, diary, on_progress)
                    window = LossWindow(self.fabric)
                self._keep(window, diary, before)
        self._refuse_broken(window)
        self._save()

    def update(self, lesson: steps.Lesson) -> Losses:
        """One iteration: all updates that are due, the averaged weights, and the counts."""
        config, state = self.config.training, self.state
        state.set_learning_rates(config)
        batch = self._next_batch()
        if schedule.is_adversarial(config, state.images_seen):
            losses = self._adversarial_updates(lesson, batch)
        else:
            with self._memory_explained("the update of encoder and generator", batch):
                losses = steps.warm_up_step(lesson, state, batch)
        half_life = schedule.ema_half_life(config, state.images_seen)
        for kept, current in (
            (state.generator_ema, state.generator),
            (state.encoder_ema, state.encoder),
        ):
            update_ema(kept, current, images=config.batch, half_life=half_life)
        state.images_seen += config.batch
        state.updates += 1
        return losses

    def _adversarial_updates(self, lesson: steps.Lesson, batch: steps.Batch) -> Losses:
        config, state = lesson.config, self.state
        with self._memory_explained("the generator's update", batch):
            losses = steps.generator_step(lesson, state, batch)
        reconstructed = None
        with self._memory_explained("the discriminator's update", batch):
            if config.speed.share_forward_passes and len(batch) == 1:
                # E and G stay as they are until their update below
                reconstructed = steps.reconstruct(lesson, state, batch[0])
            losses |= steps.discriminator_step(lesson, state, batch, reconstructed)
        if state.updates % config.r1_interval == 0:
            with self._memory_explained("the gradient penalty", batch):
                losses |= steps.penalty_step(lesson, state, batch)
        with self._memory_explained("the reconstruction's update", batch):
            losses |= steps.reconstruction_step(lesson, state, batch, reconstructed)
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
        real = self._next_photos()
        portion = Portion(real, config.seed, self.state.images_seen, self.share)
        return portion.split(config.accumulate)

    def _next_photos(self) -> Tensor:
        """Fetch this process's part of the batch that follows from the seed and the images seen."""
        config, seen = self.config.training, self.state.images_seen
        if config.speed.prefetch:
            taken = self._prefetcher.take(seen)
        else:
            taken = self.photos.batch(seen, config.batch, self.share, config.seed)
        draw = np.random.default_rng((config.seed, 1, seen)).random(config.batch)
        flips = (draw < 0.5) & config.horizontal_flips
        real = torch.from_numpy(taken)
        is_flipped = torch.from_numpy(flips[self.share.rows])
        real[is_flipped] = real[is_flipped].flip(-1)
        if self.fabric.device.type == "cuda":
            real = real.pin_memory()
        real = real.to(self.fabric.device, non_blocking=True)
        return steps.lay_out(real, config)

    def _should_stop(self, should_stop: Callable[[], bool]) -> bool:
        """Stop all processes together; with several, only ask now and then."""
        if self.fabric.world_size > 1 and self.state.updates % LOG_EVERY:
            return False
        return any_of(self.fabric, should_stop())

    def _note_machine(self, diary: Diary) -> None:
        """Write down what the run goes on with, and what it started from."""
        reason = self.precision.reason if self.precision else "as config.toml says"
        facts = machine.describe(self.fabric)
        facts["precision"] = f"{self.config.training.precision}: {reason}"
        if self.origin:
            facts["init_from"] = self.origin
        diary.write(self.state.images_seen, machine=facts)

    def _log(
        self, window: LossWindow, diary: Diary, on_progress: Callable[[Progress], None]
    ) -> None:
        seen, config = self.state.images_seen, self.config.training
        means = window.means()
        rate = window.rate(config.batch)
        if self.fabric.is_global_zero:
            diary.write(seen, losses=means, images_per_second=round(rate, 2))
            on_progress(Progress(seen, config.images, rate, means))

    def _keep(self, window: LossWindow, diary: Diary, before: int) -> None:
        """Save, sample and validate where due."""
        config, seen = self.config.training, self.state.images_seen
        is_sample_due = schedule.is_due(config.sample_every, before, seen)
        is_snapshot_due = schedule.is_due(config.snapshot_every, before, seen)
        if is_sample_due or is_snapshot_due:
            self._refuse_broken(window)
        if is_sample_due and self.fabric.is_global_zero:
            self._sample(diary)
        if is_snapshot_due and seen < config.images:  # the last one follows at the end
            self._save()

    def _refuse_broken(self, window: LossWindow) -> None:
        """Look at losses, and at weights: an update may break what its loss still praised."""
        window.means()
        name = self.state.broken_network()
        if name:
            raise broken(self.state.updates, f"the weights of {name} are no longer finite")

    def _sample(self, diary: Diary) -> None:
        state = self.state
        measured = self._validator.measure(state.generator_ema, state.encoder_ema)
        diary.write(state.images_seen, validation=measured)
        diary.picture(state.images_seen, sample_sheet(state, self.validation))

    def _save(self) -> None:
        """Write a snapshot, then the state: a run killed in between does both again."""
        if not self.fabric.is_global_zero:
            return
        checkpoint = pack(
            self.config.model,
            self.state.generator_ema,
            self.state.encoder_ema,
            images_seen=self.state.images_seen,
            licence=self.config.data.licence,
            data=self.config.data.statement,
        )
        self.folder.save_snapshot(checkpoint, self.config.training.keep_snapshots)
        self.folder.save_state(self.state.state_dict())

    def _memory_explained(self, phase: str, batch: steps.Batch) -> AbstractContextManager[None]:
        return out_of_memory_explained(phase, self.config.training, len(batch[0].real))
