"""Values that change during a run, as functions of the images seen."""

from stylemapgan.config import TrainConfig

LAST_RATE = 0.05
"""Share of the learning rate left at the end of a cooldown."""


def learning_rate(config: TrainConfig, images_seen: int) -> float:
    """Compute the learning rate of generator and encoder."""
    if is_adversarial(config, images_seen):
        return config.learning_rate * factor_of_rate(config, images_seen)
    return config.warm_up_learning_rate * factor_of_rate(config, images_seen)


def discriminator_learning_rate(config: TrainConfig, images_seen: int) -> float:
    """Compute the learning rate of the discriminator, before the lazy-R1 correction."""
    return config.discriminator_learning_rate * factor_of_rate(config, images_seen)


def beta1(config: TrainConfig, images_seen: int) -> float:
    """Compute Adam's beta 1 of generator and encoder: the paper's 0 once losses are adversarial."""
    return 0.0 if is_adversarial(config, images_seen) else config.warm_up_beta1


def ema_half_life(config: TrainConfig, images_seen: int) -> float:
    """Compute the half-life of the averaged weights, shorter early in a run if configured.

    Source: Karras et al., NeurIPS 2020, appendix C, "EMA ramp-up".
    """
    ramp_up = config.stability.ema_ramp_up
    if not ramp_up:
        return config.ema_half_life
    return min(config.ema_half_life, max(ramp_up * images_seen, float(config.batch)))


def is_adversarial(config: TrainConfig, images_seen: int) -> bool:
    """Whether the warm-up on reconstruction alone has ended."""
    return images_seen >= config.adversarial_from


def has_head_start(config: TrainConfig, images_seen: int) -> bool:
    """Whether the discriminator already learns, although the warm-up has not ended."""
    remaining = config.adversarial_from - images_seen
    return 0 < remaining <= config.discriminator_head_start


def is_due(every: int, before: int, after: int) -> bool:
    """Whether a multiple of `every` lies in (before, after]."""
    return before // every < after // every


def factor_of_rate(config: TrainConfig, images_seen: int) -> float:
    """Compute what learning rates are multiplied by: `learning_rate_factor`, less at both ends.

    The share of it rises linearly, then is 1, then falls linearly.
    """
    share = 1.0
    rise = config.stability.learning_rate_rise
    if images_seen < rise:
        share = (images_seen + config.batch) / (rise + config.batch)
    if config.cooldown:
        share = min(share, max((config.images - images_seen) / config.cooldown, LAST_RATE))
    return config.learning_rate_factor * share
