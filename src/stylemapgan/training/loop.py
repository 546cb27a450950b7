"""A whole run: update after update, with pictures, snapshots and a diary on the way."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from stylemapgan import images
from stylemapgan.checkpoints.networks import pack
from stylemapgan.config import RunConfig
from stylemapgan.data import PhotoSet, batch_indices
from stylemapgan.errors import TrainingError
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.training import schedule, steps
from stylemapgan.training.ema import update_ema
from stylemapgan.training.folder import RunFolder
from stylemapgan.training.preview import sample_sheet
from stylemapgan.training.prior import give_head_start
from stylemapgan.training.state import TrainState, new_state
from stylemapgan.training.validation import validate

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
    """A run in memory, ready to go on from wherever its state is."""

    config: RunConfig
    folder: RunFolder
    fabric: Fabric
    photos: PhotoSet
    validation: PhotoSet
    distance: AbstractPerceptualDistance | None
    state: TrainState = field(init=False)

    def __post_init__(self) -> None:
        self.state = new_state(self.config, self.fabric.device)

    def resume(self) -> None:
        """Go back to the newest saved state, or to the start if there is none.

        Raises:
            TrainingError: The state is damaged, or of networks that the settings do not describe.
        """
        self.folder.remove_unfinished()
        saved = self.folder.load_state()
        if saved is not None:
            try:
                self.state.load_state_dict(saved)
            except (KeyError, ValueError, RuntimeError):
                raise TrainingError(
                    f"{self.folder.path}: what was saved does not fit the networks of config.toml: "
                    "put the [model] settings there back to what they were"
                ) from None
        self.folder.journal.rewind(self.state.images_seen)

    def train(
        self,
        should_stop: Callable[[], bool] = lambda: False,
        on_progress: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        """Train to the end, or until asked to stop; either way the state is saved.

        Raises:
            TrainingError: A loss or weight is no longer finite; what was saved before stays.
        """
        config, state = self.config.training, self.state
        lesson = steps.Lesson(self.fabric, config, self.distance)
        window = LossWindow(time.perf_counter())
        while state.images_seen < config.images and not should_stop():
            before = state.images_seen
            losses = self._update(lesson)
            state.images_seen += config.batch
            state.updates += 1
            window.add(state.updates, losses)
            if before < config.adversarial_from <= state.images_seen:
                self._refuse_broken(window)
                self._end_warm_up()
            if state.updates % LOG_EVERY == 0 or state.images_seen >= config.images:
                self._log(window, on_progress)
                window = LossWindow(time.perf_counter())
            self._keep(window, before)
        self._refuse_broken(window)
        self._save()

    def _update(self, lesson: steps.Lesson) -> steps.Losses:
        """One iteration of all updates that are due, and of the averaged weights."""
        config, state = self.config.training, self.state
        state.set_learning_rates(config)
        randomness = self._randomness()
        real = self._next_photos()
        if schedule.is_adversarial(config, state.images_seen):
            losses = self._adversarial_updates(lesson, real, randomness)
        else:
            losses = steps.warm_up_step(lesson, state, real)
        for average, current in (
            (state.generator_ema, state.generator),
            (state.encoder_ema, state.encoder),
        ):
            update_ema(average, current, images=config.batch, half_life=config.ema_half_life)
        return losses

    def _adversarial_updates(
        self, lesson: steps.Lesson, real: Tensor, randomness: torch.Generator
    ) -> steps.Losses:
        state = self.state
        shape = (2, len(real), self.config.model.style_channels)
        z = torch.randn(shape, generator=randomness).to(real.device)
        losses = steps.generator_step(lesson, state, z[0], randomness)
        losses |= steps.discriminator_step(lesson, state, real, z[1], randomness)
        if state.updates % lesson.config.r1_interval == 0:
            losses |= steps.penalty_step(lesson, state, real, randomness)
        return losses | steps.reconstruction_step(lesson, state, real, randomness)

    def _end_warm_up(self) -> None:
        config = self.config.training
        if config.mapping_head_start:
            give_head_start(
                self.state,
                self.photos,
                is_mirrored=config.horizontal_flips,
                randomness=self._randomness(),
            )

    def _next_photos(self) -> Tensor:
        """The batch that follows from the seed and the images seen, and nothing else."""
        config, seen = self.config.training, self.state.images_seen
        indices = batch_indices(len(self.photos), config.batch, seen, config.seed)
        draw = np.random.default_rng((config.seed, 1, seen)).random(config.batch)
        flips = (draw < 0.5) & config.horizontal_flips
        real = torch.from_numpy(self.photos.take(indices, flips)).to(self.fabric.device)
        return real.contiguous(memory_format=torch.channels_last)

    def _randomness(self) -> torch.Generator:
        """Randomness of one update: it follows from the seed and the images seen."""
        entropy = np.random.SeedSequence((self.config.training.seed, 2, self.state.images_seen))
        return torch.Generator().manual_seed(int(entropy.generate_state(1)[0]))

    def _log(self, window: "LossWindow", on_progress: Callable[[Progress], None]) -> None:
        seen, config = self.state.images_seen, self.config.training
        means = window.means()
        rate = len(window.updates) * config.batch / (time.perf_counter() - window.started)
        self.folder.journal.write(seen, losses=means, images_per_second=round(rate, 2))
        on_progress(Progress(seen, config.images, rate, means))

    def _keep(self, window: "LossWindow", before: int) -> None:
        """Save, sample and validate where due."""
        config, seen = self.config.training, self.state.images_seen
        is_sample_due = schedule.is_due(config.sample_every, before, seen)
        is_snapshot_due = schedule.is_due(config.snapshot_every, before, seen)
        if is_sample_due or is_snapshot_due:
            self._refuse_broken(window)
        if is_sample_due:
            self._sample()
        if is_snapshot_due:
            self._save()

    def _refuse_broken(self, window: "LossWindow") -> None:
        """Look at losses, and at weights: an update may break what its loss still praised."""
        window.means()
        broken = self.state.broken_network()
        if broken:
            raise _broken(self.state.updates, f"the weights of {broken} are no longer finite")

    def _sample(self) -> None:
        state = self.state
        measured = validate(state.generator_ema, state.encoder_ema, self.validation, self.distance)
        self.folder.journal.write(state.images_seen, validation=measured)
        sheet = sample_sheet(state, self.validation)
        images.write(self.folder.samples / f"{state.images_seen:09d}.png", sheet)

    def _save(self) -> None:
        """Write a snapshot, then the state: a run killed in between does both again."""
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


class LossWindow:
    """Losses of some updates, left on their device until someone looks."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.updates: list[tuple[int, steps.Losses]] = []

    def add(self, update: int, losses: steps.Losses) -> None:
        """Remember the losses of one update."""
        self.updates.append((update, losses))

    def means(self) -> dict[str, float]:
        """Average each term over the updates that have it.

        Raises:
            TrainingError: A loss is not finite; the message names update and term.
        """
        values: dict[str, list[float]] = {}
        for update, losses in self.updates:
            for name, value in zip(
                losses, torch.stack(list(losses.values())).tolist(), strict=True
            ):
                if not math.isfinite(value):
                    raise _broken(update, f"the loss {name} became {value}")
                values.setdefault(name, []).append(value)
        return {name: float(np.mean(each)) for name, each in values.items()}


def _broken(update: int, what: str) -> TrainingError:
    return TrainingError(
        f"Update {update}: {what}. What was saved before is good: lower learning_rate or r1_gamma "
        "in the run's config.toml, or set precision to 32-true there, and go on with --resume."
    )
