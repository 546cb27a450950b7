"""What options of the warm-up on reconstruction gain in the same processor time.

`python -m benchmarks.warm_up_options PHOTOS VALIDATION --seconds 75 --seeds 0 1 2` times an
iteration of each variant of `laptop-64`, all in turn, so that a busy machine slows all alike. Then
it trains each from scratch on as many images as the time is enough for, and prints a table of
means over the seeds. The averaged weights are validated; their half-life is short, so that early
weights do not count against slow variants.
"""

import argparse
import dataclasses
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.equal_time import NEVER, QUIET
from benchmarks.training import RepeatedIteration, repeatable
from stylemapgan import DataConfig, RunConfig, train
from stylemapgan.checkpoints.networks import load
from stylemapgan.config import StabilityConfig, preset
from stylemapgan.data import open_photos
from stylemapgan.machine.precision import processor_name
from stylemapgan.training.validation import validate

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Changes of `laptop-64`."""

    model: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)


VARIANTS = {
    "3x3, batch 8, beta 1 0, rate .002": Variant(
        model={"modulation_kernel": 3},
        training={"warm_up_learning_rate": 0.002, "warm_up_beta1": 0.0, "batch": 8},
    ),
    "3x3, batch 8": Variant(model={"modulation_kernel": 3}, training={"batch": 8}),
    "batch 8": Variant(training={"batch": 8}),
    "batch 4": Variant(training={"batch": 4}),
    "batch 4, one convolution of the resizer": Variant(
        model={"resizer_convolutions": 1}, training={"batch": 4}
    ),
    "batch 4, a little wider where coarse": Variant(
        model={
            "generator_widths": (160, 112, 64, 24),
            "resizer_widths": (64, 48, 32, 16),
            "encoder_widths": (160, 112, 48, 16),
        },
        training={"batch": 4},
    ),
    "batch 4, much wider where coarse": Variant(
        model={
            "generator_widths": (256, 144, 48, 16),
            "resizer_widths": (64, 48, 24, 8),
            "encoder_widths": (256, 128, 40, 12),
        },
        training={"batch": 4},
    ),
    "batch 4, wider where fine": Variant(
        model={"generator_widths": (96, 80, 56, 40), "encoder_widths": (96, 80, 48, 32)},
        training={"batch": 4},
    ),
}
"""By what the table calls them; all else is as in the preset."""
ROUNDS = 60
"""Iterations of each variant that are timed."""


def main() -> None:
    """Time, train and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos")
    parser.add_argument("validation")
    parser.add_argument("--seconds", type=float, default=75.0, help="processor time of each")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0], help="runs of each variant")
    parser.add_argument("--precision", default="auto", help="arithmetic of all variants")
    parser.add_argument("--only", nargs="*", default=list(VARIANTS), help="variants to measure")
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    logger.setLevel(logging.INFO)
    data = DataConfig(photos=given.photos, validation=given.validation)
    configs = {
        name: _config(data, VARIANTS[name], {"precision": given.precision}) for name in given.only
    }
    images = {name: int(given.seconds / each) for name, each in _seconds_an_image(configs).items()}
    logger.info("images of each: %s", images)
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in configs}
    for seed in given.seeds:
        for name, config in configs.items():
            rows[name].append(_measure(config, seed, images[name]))
            logger.info("seed %d, %s: %s", seed, name, rows[name][-1])
    print(processor_name())
    print("| variant | images seen | MSE | from - to | sharpness |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, runs in rows.items():
        print(_row(name, images[name], runs))


def _config(data: DataConfig, variant: Variant, changes: dict[str, Any]) -> RunConfig:
    usual = preset("laptop-64")
    training = dataclasses.replace(
        usual.training,
        **QUIET,
        adversarial_from=NEVER,
        perceptual_from=NEVER,
        stability=StabilityConfig(ema_ramp_up=0.05),
        **(variant.training | changes),
    )
    return RunConfig(
        model=dataclasses.replace(usual.model, **variant.model), training=training, data=data
    )


def _seconds_an_image(configs: dict[str, RunConfig]) -> dict[str, float]:
    """Measure the processor time of an image in each configuration, all in turn: the median."""
    iterations: dict[str, RepeatedIteration] = {}
    for name, config in configs.items():
        training = repeatable(config.training, config.training.batch)
        iterations[name] = RepeatedIteration(dataclasses.replace(config, training=training), "cpu")
    seconds: dict[str, list[float]] = {name: [] for name in configs}
    for _ in range(ROUNDS):
        for name, iteration in iterations.items():
            begun = time.process_time()
            iteration.iterate(0, has_penalty=False)
            seconds[name].append((time.process_time() - begun) / configs[name].training.batch)
    return {name: median(each) for name, each in seconds.items()}


def _measure(config: RunConfig, seed: int, images: int) -> dict[str, float]:
    """Train on that many images; then validate the averaged weights."""
    training = dataclasses.replace(config.training, seed=seed, images=images)
    photos = open_photos(config.data.validation, config.model.image_size)
    with TemporaryDirectory() as folder:
        path = train(dataclasses.replace(config, training=training), Path(folder) / "run")[-1]
        networks = load(path)
    return validate(networks.reconstruct, photos, None, torch.device("cpu"))


def _row(name: str, images: int, runs: list[dict[str, float]]) -> str:
    """Format the means of all runs of a variant as a table's line."""
    errors = [run["mse"] for run in runs]
    return (
        f"| {name} | {images:,} | {mean(errors):.4f} | {min(errors):.4f} - {max(errors):.4f} "
        f"| {mean(run['sharpness'] for run in runs):.3f} |"
    )


if __name__ == "__main__":
    main()
