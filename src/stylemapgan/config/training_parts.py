"""Settings of training that belong together: weights, stability, small data, speed."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal

from stylemapgan.config.checks import need_among, need_not_negative, need_one_of, need_positive
from stylemapgan.errors import ConfigError

AdversarialLoss = Literal["logistic", "relativistic"]
AdaGroup = Literal["blit", "geometry", "colour", "filter", "corruption"]


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Factors of the losses; the paper sets every one to 1."""

    adversarial: float = 1.0
    """Generator: softplus(-D(G(F(z))))."""
    latent_reconstruction: float = 1.0
    """Encoder: mean squared error between E(G(F(z))) and F(z)."""
    discriminator: float = 1.0
    """Discriminator: real against generated images."""
    discriminator_domain_guided: float = 1.0
    """Discriminator: reconstructions count as fake."""
    reconstruction: float = 1.0
    """Encoder and generator: mean squared error between photo and reconstruction."""
    perceptual: float = 1.0
    """Encoder and generator: distance in the features of a perceptual network."""
    domain_guided: float = 1.0
    """Encoder and generator: softplus(-D(G(E(photo))))."""

    def __post_init__(self) -> None:
        for name, weight in dataclasses.asdict(self).items():
            if not 0 <= weight < math.inf:
                raise ConfigError(f"weights.{name} must be 0 or a positive number, got {weight}.")


@dataclass(frozen=True, kw_only=True)
class StabilityConfig:
    """Ways to steady a run that the paper does without; all are off by default."""

    adversarial_loss: AdversarialLoss = "logistic"
    """`relativistic` compares each fake with a real image instead of judging it alone."""
    r2_gamma: float = 0.0
    """Weight of the gradient penalty on generated images; the relativistic loss wants it."""
    clip_gradients: float = 0.0
    """Longest gradient an update may follow, as the norm over a network; 0 clips nothing."""
    ema_ramp_up: float = 0.0
    """Early in a run the EMA's half-life is at most this share of the images seen; 0 is off."""
    learning_rate_rise: int = 0
    """Over the first so many images the step sizes rise linearly."""

    def __post_init__(self) -> None:
        need_one_of(self, "adversarial_loss", AdversarialLoss)
        need_not_negative(self, "r2_gamma", "clip_gradients", "ema_ramp_up", "learning_rate_rise")


@dataclass(frozen=True, kw_only=True)
class AdaConfig:
    """Adaptive discriminator augmentation, for small data sets (Karras et al., 2020)."""

    target: float = 0.0
    """Overfitting to hold, as the mean sign of D's logits on photos; 0 is off, 0.6 usual."""
    groups: tuple[AdaGroup, ...] = ("blit", "geometry", "colour")
    """Transformations that may happen."""
    images_to_full: int = 500_000
    """Images in which the probability could climb from 0 to 1."""

    def __post_init__(self) -> None:
        if not 0 <= self.target < 1:
            raise ConfigError(f"ada.target must be 0 or between 0 and 1, got {self.target}.")
        need_among("ada.groups", self.groups, AdaGroup)
        need_positive(self, "images_to_full")


@dataclass(frozen=True, kw_only=True)
class SpeedConfig:
    """How the same updates are computed; none changes what is learnt but for rounding."""

    channels_last: bool = True
    """Lay tensors out position by position, as fast convolutions like it."""
    fused_optimizer: bool = True
    """Update all weights of a network in one call."""
    share_forward_passes: bool = True
    """Reconstruct each batch once for discriminator, encoder and generator; needs `accumulate`
    to be 1."""
    prefetch: bool = True
    """Fetch the next photos while the networks learn from these."""
    compile: bool = False
    """Compile generator and encoder first, which takes minutes and pays off on long runs."""
