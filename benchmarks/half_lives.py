"""Which half-life of the averaged weights gives the least error, while a run is under way.

`python -m benchmarks.half_lives PHOTOS VALIDATION --at 1000 2000` trains `laptop-64` on
reconstruction once and prints the validation error of several averages of the same weights.
`--init-from MODEL` continues a model instead: then averages begin at its weights. `--changed`
rotates, scales, shifts, warps and tints photos, as in the training of the bundled faces.
"""

import argparse
import copy
import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.equal_time import NEVER, QUIET
from stylemapgan import DataConfig, RunConfig
from stylemapgan.checkpoints.networks import Networks
from stylemapgan.config import PhotoAugmentationConfig, preset
from stylemapgan.machine.precision import processor_name
from stylemapgan.methods.runs import start
from stylemapgan.models import Encoder, Generator
from stylemapgan.training.descent import update_ema
from stylemapgan.training.loop import Run
from stylemapgan.training.validation import validate

HALF_LIVES = (100, 500, 2_000, 5_000)
"""In images."""
RAMP_UP = 0.05
"""Share of the images seen that limits a further average's half-life, as `ema_ramp_up` does."""

CHANGES = PhotoAugmentationConfig(rotation=9.0, scale=0.15, shift=0.08, elastic=0.02, colour=0.1)


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos")
    parser.add_argument("validation")
    parser.add_argument("--at", type=int, nargs="+", default=[1_000, 2_000], help="images seen")
    parser.add_argument("--init-from", default="", help="a model to continue")
    parser.add_argument("--changed", action="store_true", help="change the photos at random")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    training = dataclasses.replace(
        preset("laptop-64").training,
        **QUIET | {"images": max(given.at)},
        batch=4,
        adversarial_from=NEVER,
        perceptual_from=NEVER,
        init_from=given.init_from,
        photo_augmentation=CHANGES if given.changed else PhotoAugmentationConfig(),
        seed=given.seed,
    )
    data = DataConfig(photos=given.photos, validation=given.validation)
    config = RunConfig(model=preset("laptop-64").model, training=training, data=data)
    with TemporaryDirectory() as folder:
        run = start(config, Path(folder) / "run")
        averages = _Averages(run, set(given.at))
        run.train(should_stop=averages.follow)
        averages.follow()
    print(processor_name())
    print(f"| images seen | {' | '.join(averages.names)} |")
    print("| ---: |" + " ---: |" * len(averages.names))
    for images, errors in averages.rows.items():
        print(f"| {images:,} | {' | '.join(f'{error:.5f}' for error in errors)} |")


class _Averages:
    """Averages of a run's weights with several half-lives, measured at some numbers of images."""

    def __init__(self, run: Run[Any], at: set[int]) -> None:
        self.names = ("none", *(f"{each:,}" for each in HALF_LIVES), f"{RAMP_UP:.0%} of those seen")
        self.rows: dict[int, list[float]] = {}
        self._run, self._at = run, at
        self._current = (run.state.generator, run.state.encoder)
        self._kept = [copy.deepcopy(self._current) for _ in self.names[1:]]

    def follow(self) -> bool:
        """Take the weights after an update into all averages; the run never stops for that."""
        seen, batch = self._run.state.images_seen, self._run.config.training.batch
        if seen:
            half_lives = (*HALF_LIVES, max(RAMP_UP * seen, 1.0))
            for networks, half_life in zip(self._kept, half_lives, strict=True):
                for kept, current in zip(networks, self._current, strict=True):
                    update_ema(kept, current, images=batch, half_life=half_life)
        if seen in self._at and seen not in self.rows:
            self.rows[seen] = [self._error(*each) for each in (self._current, *self._kept)]
        return False

    def _error(self, generator: Generator, encoder: Encoder) -> float:
        networks = Networks(generator=generator, encoder=encoder)
        run = self._run
        return validate(networks.reconstruct, run.validation, None, run.fabric.device)["mse"]


if __name__ == "__main__":
    main()
