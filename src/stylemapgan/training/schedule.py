"""What changes in the course of a run, as functions of the images seen."""

from stylemapgan.config import TrainConfig

LAST_RATE = 0.05
"""Share of the learning rate left at the end of a cooldown."""


def learning_rate(config: TrainConfig, images_seen: int) -> float:
    """Adam's step size for generator and encoder."""
    if is_adversarial(config, images_seen):
        return config.learning_rate * _cooled(config, images_seen)
    return config.warm_up_learning_rate * _cooled(config, images_seen)


def discriminator_learning_rate(config: TrainConfig, images_seen: int) -> float:
    """Adam's step size for the discriminator, before the lazy-R1 correction."""
    return config.discriminator_learning_rate * _cooled(config, images_seen)


def is_adversarial(config: TrainConfig, images_seen: int) -> bool:
    """Whether the warm-up on reconstruction alone is over."""
    return images_seen >= config.adversarial_from


def is_due(every: int, before: int, after: int) -> bool:
    """Whether a multiple of `every` lies in (before, after]."""
    return before // every < after // every


def _cooled(config: TrainConfig, images_seen: int) -> float:
    """Share of the learning rate that is left: all of it, then a linear fall."""
    if not config.cooldown:
        return 1.0
    return min(1.0, max((config.images - images_seen) / config.cooldown, LAST_RATE))
