"""How long each method trains: the same processor time for all."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from benchmarks.rivals.cells import Cell, DataName, MethodName
from stylemapgan.config import DataConfig, RunConfig
from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.config.optimising import OptimisationConfig
from stylemapgan.config.presets import preset
from stylemapgan.machine.precision import choose

FLIPS: Mapping[DataName, bool] = {"faces-64": True, "avatars-64": False, "hands-64": True}
"""Whether a mirrored picture could be of the same data set."""
RATE_FACTORS: Mapping[MethodName, float] = {"alae": 2.0, "ali": 2.0, "bigan": 2.0}
"""What learning rates are multiplied by, chosen from the trials of `tune`; 1 if not listed."""
TURNED_DOWN: Mapping[MethodName, float] = {"backbone": 2.0}
"""Factors that had the best trial and failed in the whole training.

On faces the backbone's discriminator told nothing apart after 25,000 images (losses of 0.69, R1 of
0.000), and random images fell apart.
"""
PERCEPTUAL_FROM, ADVERSARIAL_FROM, COOLDOWN = 2 / 7, 2 / 3, 1 / 6
"""Shares of a run's images, as in the preset `laptop-64`; the first two concern StyleMapGAN."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Training of each method, in images seen."""

    images: Mapping[MethodName, int]
    presets: tuple[str, str]
    """Shapes of StyleMapGAN's networks, and of all others."""
    image_size: int
    save_every: int
    """Images between two saved states: the most that an interruption loses."""
    limits: OptimisationConfig
    """How far methods that optimise go for each photo when they are measured."""
    evaluation: EvaluationConfig


BUDGETS = {
    "cpu": Budget(
        images={
            "stylemapgan": 43_008,
            "backbone": 44_000,
            "alae": 33_600,
            "ali": 48_800,
            "bigan": 48_800,
            "sean": 25_200,
            "structured-noise": 45_500,
        },
        presets=("laptop-64", "vector-laptop-64"),
        image_size=64,
        save_every=2_000,
        limits=OptimisationConfig(steps=100),
        evaluation=EvaluationConfig(
            photos=64, generated=500, pairs=500, edits=32, steps=20, detector_pictures=1_500
        ),
    ),
    "tiny": Budget(
        images=dict.fromkeys(get_args(MethodName), 48),
        presets=("tiny-32", "vector-tiny-32"),
        image_size=32,
        save_every=24,
        limits=OptimisationConfig(steps=2),
        evaluation=EvaluationConfig(
            photos=8, generated=8, pairs=8, steps=4, edits=2, detector_pictures=32
        ),
    ),
}
"""`cpu`: 7,200 seconds of processor time, an hour on two cores of an AMD EPYC with AVX2. One
thread of it, float32, batch 4, trained so many images a second: StyleMapGAN 12.7 by pixels, 11.3
by features, 3.0 with all losses, which is 6.0 over a run; the backbone's generator 6.3 and encoder
5.7; ALI and BiGAN 7.0 without R1, which adds 2.4 % to their time; ALAE 4.7. In alternating short
runs beside the backbone's generator, Structured Noise trained 1.035 times as fast and SEAN 0.575
times (3.7 images a second against 6.5), so they get 44,000 images times that. A run counts images,
so it is the same on any processor.
These rates were measured before gradients of the blur became cheaper; the budget stays as it was.
`tiny` checks that everything runs. The backbone has the published R1 weight of 10: with 0.2 and 2,
the discriminator won from the start (2,000 images: adversarial losses of 8 and 5 against 2).
"""


def configure(cell: Cell, budget: Budget, folder: Path) -> RunConfig:
    """Configure the run of a cell.

    Args:
        cell: Which run.
        budget: How long it trains.
        folder: Folder with its data: train/, val/.
    """
    images = budget.images[cell.method]
    is_vector = cell.method != "stylemapgan"
    config = preset(budget.presets[is_vector])
    training = dataclasses.replace(
        config.training,
        images=images,
        perceptual_from=round(images * PERCEPTUAL_FROM),
        adversarial_from=round(images * ADVERSARIAL_FROM),
        cooldown=round(images * COOLDOWN),
        learning_rate=0.002 if is_vector else config.training.learning_rate,
        learning_rate_factor=RATE_FACTORS.get(cell.method, 1.0),
        r1_gamma=10.0 if is_vector else config.training.r1_gamma,
        horizontal_flips=FLIPS[cell.data],
        precision=choose(config.training.precision).precision,
        seed=cell.seed,
        snapshot_every=budget.save_every,
        sample_every=budget.save_every,
        keep_snapshots=1,
    )
    data = DataConfig(
        photos=str((folder / "train").resolve()), validation=str((folder / "val").resolve())
    )
    return dataclasses.replace(config, method=cell.method, training=training, data=data)
