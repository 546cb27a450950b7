"""Random changes of photos, and of the discriminator's inputs, for small data sets."""

from stylemapgan.augment.ada import ADJUST_EVERY, GROUPS, AdaptiveProbability, ada, next_probability
from stylemapgan.augment.diffaugment import diff_augment
from stylemapgan.augment.photo_augmentation import augment_photos
from stylemapgan.augment.randomness import BatchRandomness

__all__ = [
    "ADJUST_EVERY",
    "GROUPS",
    "AdaptiveProbability",
    "BatchRandomness",
    "ada",
    "augment_photos",
    "diff_augment",
    "next_probability",
]
