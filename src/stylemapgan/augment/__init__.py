"""Random, differentiable augmentation of the discriminator's inputs, for small data sets."""

from stylemapgan.augment.ada import ADJUST_EVERY, GROUPS, AdaptiveProbability, ada, next_probability
from stylemapgan.augment.diffaugment import diff_augment
from stylemapgan.augment.randomness import BatchRandomness

__all__ = [
    "ADJUST_EVERY",
    "GROUPS",
    "AdaptiveProbability",
    "BatchRandomness",
    "ada",
    "diff_augment",
    "next_probability",
]
