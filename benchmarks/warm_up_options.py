"""What options of the warm-up on reconstruction gain in the same processor time.

`python -m benchmarks.warm_up_options PHOTOS VALIDATION --seconds 170` trains `laptop-64` from
scratch once for each variant, one after another, and prints a table. The averaged weights are
validated; their half-life is short, so that early weights do not count against slow variants.
"""

import argparse
import dataclasses

import torch

from benchmarks.equal_time import NEVER, QUIET, trained
from stylemapgan import DataConfig, RunConfig
from stylemapgan.checkpoints.file import read
from stylemapgan.checkpoints.networks import load
from stylemapgan.config import StabilityConfig, preset
from stylemapgan.data import open_photos
from stylemapgan.machine.precision import processor_name
from stylemapgan.training.validation import validate

VARIANTS: dict[str, tuple[int, dict[str, int | float]]] = {
    "3x3, batch 8, beta 1 0, rate .002": (
        3,
        {"warm_up_learning_rate": 0.002, "warm_up_beta1": 0.0},
    ),
    "rate .004, beta 1 .5": (3, {}),
    "preset: 1x1, rate .004, beta 1 .5": (1, {}),
    "preset with batch 4": (1, {"batch": 4}),
}
"""Modulation kernel and changes of the training, by what the table calls them."""


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos")
    parser.add_argument("validation")
    parser.add_argument("--seconds", type=float, default=170.0, help="processor time of each")
    parser.add_argument("--precision", default="32-true", help="arithmetic of all variants")
    given = parser.parse_args()
    data = DataConfig(photos=given.photos, validation=given.validation)
    print(processor_name())
    print("| variant | images seen | MSE | sharpness |\n| --- | ---: | ---: | ---: |")
    for name, (kernel, changes) in VARIANTS.items():
        config = _config(data, kernel, dict(changes, precision=given.precision))
        seen, figures = _measure(config, given.seconds)
        print(
            f"| {name} | {seen:,} | {figures['mse']:.4f} | {figures['sharpness']:.2f} |", flush=True
        )


def _config(data: DataConfig, kernel: int, changes: dict[str, int | float | str]) -> RunConfig:
    usual = preset("laptop-64")
    training = dataclasses.replace(
        usual.training,
        **QUIET,
        adversarial_from=NEVER,
        perceptual_from=NEVER,
        stability=StabilityConfig(ema_ramp_up=0.05),
        **changes,  # pyright: ignore[reportArgumentType]
    )
    model = dataclasses.replace(usual.model, modulation_kernel=kernel)
    return RunConfig(model=model, training=training, data=data)


def _measure(config: RunConfig, seconds: float) -> tuple[int, dict[str, float]]:
    """Train for some processor time; then validate the averaged weights."""
    with trained(config, seconds) as path:
        networks = load(path)
        photos = open_photos(config.data.validation, config.model.image_size)
        figures = validate(networks.reconstruct, photos, None, torch.device("cpu"))
        return read(path).images_seen, figures


if __name__ == "__main__":
    main()
