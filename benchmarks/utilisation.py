"""How much of the machine's peak arithmetic speed training uses."""

import dataclasses

import torch

from benchmarks.modes import MODES, settle_on
from benchmarks.timing import Effort, alternate
from stylemapgan.config import preset
from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
from stylemapgan.training.plan import make_plan
from stylemapgan.training.processes import Hardware

SIDE = 2_048
"""Rows and columns of the matrices: large enough for full speed."""


def flops_an_image(name: str, batch: int, mode: str) -> float:
    """Count the operations of an adversarial iteration for each image, with R1 in its share."""
    run = preset(name)
    training = dataclasses.replace(run.training, batch=batch, precision=MODES[mode])
    run = dataclasses.replace(run, training=training)
    return make_plan(STYLEMAPGAN, run, Hardware(accelerator="cpu"), gib=1_000.0).iteration_flops


def product_speed(device: str, effort: Effort) -> dict[str, float]:
    """Measure operations per second of a large matrix product, as the peak speed of each mode."""
    works = {}
    for mode in MODES:
        kind = torch.bfloat16 if mode == "bf16" else torch.float32
        matrix = torch.rand(SIDE, SIDE, dtype=kind, device=device)
        works[mode] = lambda matrix=matrix: matrix @ matrix
    timings = alternate(works, effort, settle_on(device))
    return {mode: 2 * SIDE**3 / (timings[mode].p50 / 1000) for mode in MODES}
