"""Budgets: how long cells train and how they are measured, the same for all cells of a table."""

from dataclasses import dataclass

from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.config.training import Precision


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Lengths in images seen, the optimiser settings for them, and test pictures."""

    images: int
    """Length of the training of cells that differ in the stylemap's size."""
    images_of_variants: int
    """Length of the training of cells that differ in losses and layers, which act at the end."""
    perceptual_from: int
    """Images seen before the perceptual loss starts."""
    adversarial_from: int
    """Length of the warm-up on reconstruction alone; 0 for none, as in the paper."""
    batch: int
    cooldown: int
    ema_half_life: float
    adversarial_weight: float
    """Weight of the generator's adversarial and of the domain-guided loss."""
    precision: Precision
    save_every: int
    """Images between two saved states: the most that an interruption loses."""
    evaluation: EvaluationConfig


BUDGETS = {
    "cpu": Budget(
        images=9_600,
        images_of_variants=16_000,
        perceptual_from=7_200,
        adversarial_from=8_000,
        batch=8,
        cooldown=800,
        ema_half_life=300.0,
        adversarial_weight=0.1,
        precision="bf16-mixed",
        save_every=800,
        evaluation=EvaluationConfig(photos=250, generated=500, pairs=500, steps=20, edits=200),
    ),
    "gpu": Budget(
        images=400_000,
        images_of_variants=400_000,
        perceptual_from=0,
        adversarial_from=0,
        batch=16,
        cooldown=40_000,
        ema_half_life=5_000.0,
        adversarial_weight=1.0,
        precision="bf16-mixed",
        save_every=20_000,
        evaluation=EvaluationConfig(generated=10_000, pairs=10_000),
    ),
    "tiny": Budget(
        images=32,
        images_of_variants=40,
        perceptual_from=8,
        adversarial_from=16,
        batch=8,
        cooldown=0,
        ema_half_life=16.0,
        adversarial_weight=0.1,
        precision="32-true",
        save_every=8,
        evaluation=EvaluationConfig(photos=8, generated=8, pairs=8, steps=4, edits=4),
    ),
}
"""`cpu`: five to fifteen minutes a cell on two quiet cores, which needs the warm-up; `gpu`: all
losses from the start, as in the paper; `tiny` checks that everything runs, and its figures mean
nothing.
"""
