"""How a run trains."""

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from stylemapgan.errors import ConfigError

PerceptualNetwork = Literal["efficientnet-lite0", "lpips-vgg16", "none"]
Precision = Literal["32-true", "bf16-mixed"]
Augmentation = Literal["colour", "translation", "cutout"]


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
class TrainConfig:
    """How to train; the defaults are the paper's. Lengths are counted in images seen."""

    images: int = 5_000_000
    """Length of the run, in images seen."""
    batch: int = 16
    """Images for each update."""
    learning_rate: float = 0.002
    """Adam's step size for generator and encoder."""
    discriminator_learning_rate: float = 0.002
    """Adam's step size for the discriminator, before the lazy-R1 correction."""
    warm_up_learning_rate: float = 0.002
    """Adam's step size before `adversarial_from`."""
    r1_gamma: float = 10.0
    """Weight of the R1 gradient penalty."""
    r1_interval: int = 16
    """Updates of the discriminator between two R1 penalties."""
    ema_half_life: float = 11_084.0
    """Half-life of the averaged weights, in images; 11,084 is 0.999 an update at batch 16."""
    weights: LossWeights = field(default_factory=LossWeights)
    """Factors of the losses."""
    perceptual_network: PerceptualNetwork = "lpips-vgg16"
    """Network of the perceptual loss."""
    perceptual_weights: str = ""
    """Folder with the weights of lpips-vgg16; fetched into the cache if empty."""
    perceptual_from: int = 0
    """Images seen before the perceptual loss joins."""
    adversarial_from: int = 0
    """Images seen before the adversarial and latent losses join. On a CPU a warm-up on
    reconstruction alone pays off; the paper has none."""
    mapping_head_start: bool = False
    """When that warm-up ends, fit the mapping network to the photos' stylemaps, so that its
    first images resemble photos; the paper does not."""
    cooldown: int = 0
    """Over the last so many images the learning rate falls linearly to a twentieth."""
    augmentations: tuple[Augmentation, ...] = ()
    """DiffAugment transformations of what the discriminator sees, for small data sets."""
    horizontal_flips: bool = True
    """Mirror every other image at random."""
    precision: Precision = "32-true"
    """Arithmetic of the forward passes."""
    seed: int = 0
    """Everything random in a run follows from it."""
    snapshot_every: int = 20_000
    """Images between two snapshots of the weights."""
    sample_every: int = 10_000
    """Images between two sample sheets and validations."""
    keep_snapshots: int = 5
    """How many of the newest snapshots stay on disk."""

    def __post_init__(self) -> None:
        for name in (
            "images",
            "batch",
            "learning_rate",
            "discriminator_learning_rate",
            "warm_up_learning_rate",
            "r1_interval",
            "ema_half_life",
            "snapshot_every",
            "sample_every",
            "keep_snapshots",
        ):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be a positive number, got {getattr(self, name)}.")
        for name in ("r1_gamma", "perceptual_from", "adversarial_from", "cooldown", "seed"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(
                    f"{name} must be 0 or a positive number, got {getattr(self, name)}."
                )
        for name, literal in (
            ("perceptual_network", PerceptualNetwork),
            ("precision", Precision),
        ):
            if getattr(self, name) not in get_args(literal):
                raise ConfigError(
                    f"{name} must be one of {', '.join(get_args(literal))}, "
                    f"got {getattr(self, name)!r}."
                )
        if self.batch > 4 and self.batch % 4:
            raise ConfigError(
                "batch must be below 4 or a multiple of 4, for the minibatch standard deviation "
                f"compares groups of 4; got {self.batch}."
            )
        unknown = set(self.augmentations) - set(get_args(Augmentation))
        if unknown:
            raise ConfigError(
                f"augmentations must be among {', '.join(get_args(Augmentation))}, "
                f"got {', '.join(sorted(unknown))}."
            )
