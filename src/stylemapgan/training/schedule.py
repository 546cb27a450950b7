"""What changes in the course of a run, as functions of the images seen."""

from stylemapgan.config import TrainConfig

LAST_RATE = 0.05
"""Share of the learning rate left at the end of a cooldown."""


def learning_rate(config: TrainConfig, images_seen: int) -> float:
    """Adam's step size: constant, then a linear fall over the cooldown."""
    if not config.cooldown:
        return config.learning_rate
    left = (config.images - images_seen) / config.cooldown
    return config.learning_rate * min(1.0, max(left, LAST_RATE))


def is_adversarial(config: TrainConfig, images_seen: int) -> bool:
    """Whether the warm-up on reconstruction alone is over."""
    return images_seen >= config.adversarial_from


def is_due(every: int, before: int, after: int) -> bool:
    """Whether a multiple of `every` lies in (before, after]."""
    return before // every < after // every
