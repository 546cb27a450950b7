"""Training speed in images per second, for each stage of a run."""

import dataclasses
import logging
import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from lightning_fabric import Fabric

from benchmarks.modes import MODES, peak_memory, settle_on
from benchmarks.timing import Effort, Timing, alternate
from stylemapgan.config import RunConfig, TrainConfig, preset
from stylemapgan.data import PhotoSet
from stylemapgan.features import AbstractPerceptualDistance, load_distance
from stylemapgan.features.perceptual import LPIPS
from stylemapgan.machine.precision import choose
from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
from stylemapgan.training.context import StepContext
from stylemapgan.training.loop import Run
from stylemapgan.training.run_folder import RunFolder

ADVERSARIAL = "adversarial"
"""The stage that computes all updates, including the R1 penalty."""
PHOTOS = 64
"""Number of images of random pixels to train on."""


@dataclass(frozen=True, kw_only=True)
class StageSpeed:
    """Speed of one stage; an iteration is all updates for one batch."""

    images_per_second: float
    """Average speed, with the R1 penalty in its share of the iterations."""
    iteration_ms: Timing
    """An iteration without the penalty."""
    iteration_with_penalty_ms: Timing | None
    """An iteration with it; None if the stage has none."""


def time_training(
    name: str, batch: int, device: str, effort: Effort
) -> dict[tuple[str, str], StageSpeed]:
    """Time whole iterations of the training loop, in turn: all stages, both modes.

    Args:
        name: The preset.
        batch: Images of an iteration.
        device: Where to compute.
        effort: When to stop.

    Returns:
        A speed for each pair of mode and stage.
    """
    settings = preset(name)
    config = repeatable(settings.training, batch)
    starts = stages(config)
    works = {}
    for mode in MODES:
        training = dataclasses.replace(config, precision=MODES[mode])
        iteration = RepeatedIteration(dataclasses.replace(settings, training=training), device)
        for stage, images_seen in starts.items():
            works[mode, stage, False] = partial(iteration.iterate, images_seen, has_penalty=False)
            if stage == ADVERSARIAL:
                works[mode, stage, True] = partial(iteration.iterate, images_seen, has_penalty=True)
    timings = alternate(works, effort, settle_on(device))
    return {
        (mode, stage): speed_of(
            config, timings[mode, stage, False], timings.get((mode, stage, True))
        )
        for mode in MODES
        for stage in starts
    }


def memory_of_training(name: str, batch: int, device: str, mode: str) -> float:
    """Measure the peak memory of a process that only trains adversarially, in MiB."""
    settings = preset(name)
    training = dataclasses.replace(repeatable(settings.training, batch), precision=MODES[mode])
    iteration = RepeatedIteration(dataclasses.replace(settings, training=training), device)
    images_seen = stages(training)[ADVERSARIAL]
    for _ in range(2):  # from the second on, the optimisers have their memory
        iteration.iterate(images_seen, has_penalty=True)
    return peak_memory(device)


def stages(config: TrainConfig) -> dict[str, int]:
    """List the stages of a run, each with the images seen when it begins."""
    warm_up_end, features = config.adversarial_from, config.perceptual_from
    if config.perceptual_network == "none":
        features = warm_up_end
    pixels_end = min(features, warm_up_end)
    spans = {
        "warm-up on pixels": (0, pixels_end),
        "warm-up with features": (pixels_end, warm_up_end),
        ADVERSARIAL: (max(features, warm_up_end), math.inf),
    }
    return {stage: begin for stage, (begin, end) in spans.items() if begin < end}


class RepeatedIteration:
    """A training run in memory, held at one point while an iteration repeats."""

    def __init__(self, config: RunConfig, device: str) -> None:
        training = config.training
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
        precision = choose(training.precision, device).precision
        fabric = Fabric(accelerator=device, devices=1, precision=precision)
        distance = _untrained_or_bundled(training)
        photos = _random_photos(config.model.image_size)
        self._run = Run(
            recipe=STYLEMAPGAN,
            config=config,
            folder=RunFolder(Path("never-made")),
            fabric=fabric,
            photos=photos,
            validation=photos,
            distance=distance.to(fabric.device) if distance else None,
        )
        self._context = StepContext(fabric, training, self._run.distance)

    def iterate(self, images_seen: int, *, has_penalty: bool) -> None:
        """Run one iteration of the training loop, from the batch to the averaged weights."""
        self._run.state.images_seen = images_seen
        self._run.state.updates = 0 if has_penalty else 1
        self._run.update(self._context)


def repeatable(config: TrainConfig, batch: int) -> TrainConfig:
    """Turn prefetching off: a repeated iteration has no next batch."""
    speed = dataclasses.replace(config.speed, prefetch=False)
    return dataclasses.replace(config, batch=batch, speed=speed)


def speed_of(config: TrainConfig, plain: Timing, with_penalty: Timing | None) -> StageSpeed:
    """Average iterations with and without the penalty, weighted by their frequency."""
    share = 1 / config.r1_interval if with_penalty else 0.0
    milliseconds = (1 - share) * plain.p50 + share * (with_penalty.p50 if with_penalty else 0.0)
    return StageSpeed(
        images_per_second=1000 * config.batch / milliseconds,
        iteration_ms=plain,
        iteration_with_penalty_ms=with_penalty,
    )


def _untrained_or_bundled(config: TrainConfig) -> AbstractPerceptualDistance | None:
    """Build the perceptual distance; without its weights if they would have to be downloaded."""
    if config.perceptual_network == "lpips-vgg16":
        return LPIPS()  # random weights take as long as any others
    return load_distance(config.perceptual_network)


def _random_photos(size: int) -> PhotoSet:
    pixels = np.random.default_rng(0).integers(0, 256, (PHOTOS, size, size, 3), dtype=np.uint8)
    return PhotoSet(pixels=pixels, names=tuple(map(str, range(PHOTOS))), skipped=())
