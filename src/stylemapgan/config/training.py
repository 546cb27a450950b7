"""Configuration of training: schedule, losses, augmentation, stability and speed."""

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Literal

from stylemapgan.config.ranges import (
    SEED,
    need_among,
    need_not_negative,
    need_one_of,
    need_positive,
)
from stylemapgan.errors import ConfigError

AdversarialLoss = Literal["logistic", "relativistic"]
AdaGroup = Literal["blit", "geometry", "colour", "filter", "corruption"]


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Weights of the losses; the paper sets all to 1 and has none of those that are 0 here."""

    adversarial: float = 1.0
    """Generator: softplus(-D(G(F(z))))."""
    latent_reconstruction: float = 1.0
    """Encoder: mean squared error between E(G(F(z))) and F(z)."""
    discriminator: float = 1.0
    """Discriminator: real against generated images."""
    discriminator_domain_guided: float = 1.0
    """Discriminator: reconstructions as fake images."""
    reconstruction: float = 1.0
    """Encoder and generator: mean squared error between photo and reconstruction."""
    perceptual: float = 1.0
    """Encoder and generator: distance in the features of a perceptual network."""
    domain_guided: float = 1.0
    """Encoder and generator: softplus(-D(G(E(photo))))."""
    gradient: float = 0.0
    """Encoder and generator: difference of the absolute steps between neighbouring pixels."""
    laplacian: float = 0.0
    """Encoder and generator: absolute difference, summed over a Laplacian pyramid's levels."""
    feature_adversarial: float = 0.0
    """Generator: -D(G(F(z))) of a second discriminator, which sees features of a frozen
    EfficientNet-Lite0."""
    feature_guided: float = 0.0
    """Encoder and generator: -D(G(E(photo))) of that discriminator."""

    def __post_init__(self) -> None:
        for name, weight in dataclasses.asdict(self).items():
            if not 0 <= weight < math.inf:
                raise ConfigError(f"weights.{name} must be 0 or a positive number, got {weight}.")

    @property
    def use_features(self) -> bool:
        """Whether there is a discriminator of features."""
        return self.feature_adversarial > 0 or self.feature_guided > 0


@dataclass(frozen=True, kw_only=True)
class StabilityConfig:
    """Options that stabilise a run; the paper uses none, and all are off by default."""

    adversarial_loss: AdversarialLoss = "logistic"
    """`relativistic` compares each fake image with a real one; `logistic` is the paper's."""
    r2_gamma: float = 0.0
    """Weight of the gradient penalty on generated images (R2); the relativistic loss needs it."""
    clip_gradients: float = 0.0
    """Largest norm of a network's gradient; larger ones are clipped. 0 clips nothing."""
    ema_ramp_up: float = 0.0
    """Limits the EMA's half-life to this share of the images seen, early in a run; 0 is off."""
    learning_rate_rise: int = 0
    """Images over which the learning rates rise linearly at the start."""
    most_adversarial: float = 0.0
    """Multiplies `weights.domain_guided` by the ratio of the gradients' norms, reconstruction to
    adversarial, at the generator's last layer; this is the largest factor. 0 is off."""

    def __post_init__(self) -> None:
        need_one_of(self, "adversarial_loss", AdversarialLoss)
        need_not_negative(
            self,
            *("r2_gamma", "clip_gradients", "ema_ramp_up", "learning_rate_rise"),
            "most_adversarial",
        )


@dataclass(frozen=True, kw_only=True)
class AdaConfig:
    """Adaptive discriminator augmentation, for small data sets (Karras et al., 2020)."""

    target: float = 0.0
    """Target for the mean sign of D's logits on photos; 0 is off, 0.6 is usual."""
    groups: tuple[AdaGroup, ...] = ("blit", "geometry", "colour")
    """Groups of transformations to apply."""
    images_to_full: int = 500_000
    """Images over which the probability can rise from 0 to 1."""

    def __post_init__(self) -> None:
        if not 0 <= self.target < 1:
            raise ConfigError(f"ada.target must be 0 or between 0 and 1, got {self.target}.")
        need_among("ada.groups", self.groups, AdaGroup)
        need_positive(self, "images_to_full")


@dataclass(frozen=True, kw_only=True)
class PhotoAugmentationConfig:
    """Random changes of each photo before any network sees it; all are off by default.

    Encoder and generator learn to reconstruct the changed photos, and the discriminator takes them
    for real: random images show the changes, too.
    """

    rotation: float = 0.0
    """Largest rotation either way, in degrees."""
    scale: float = 0.0
    """Largest enlargement or reduction: 0.15 is a factor from 1/1.15 to 1.15."""
    shift: float = 0.0
    """Largest shift in each direction, as a share of the image's side."""
    elastic: float = 0.0
    """Standard deviation of a smooth random displacement, as a share of the image's side."""
    colour: float = 0.0
    """Standard deviation of brightness and of the logarithm of contrast; half of it for tints."""

    def __post_init__(self) -> None:
        need_not_negative(self, "rotation", "scale", "shift", "elastic", "colour")

    @property
    def is_off(self) -> bool:
        """Whether photos stay as they are."""
        return self == PhotoAugmentationConfig()


@dataclass(frozen=True, kw_only=True)
class SpeedConfig:
    """How updates are computed; results differ only by rounding."""

    channels_last: bool = True
    """Store tensors in channels_last format, which convolutions compute faster."""
    fused_optimizer: bool = True
    """Use Adam's fused implementation, which updates all weights of a network in one call."""
    share_forward_passes: bool = True
    """Reconstruct each batch once for discriminator, encoder and generator; only if `accumulate`
    is 1."""
    prefetch: bool = True
    """Fetch the next photos while an update is computed."""
    compile: bool = False
    """Compile generator and encoder first, which takes minutes and speeds up long runs."""


PerceptualNetwork = Literal["efficientnet-lite0", "lpips-vgg16", "none"]
Precision = Literal["auto", "32-true", "bf16-mixed"]
"""Precision of networks; `auto` is bf16-mixed if the hardware multiplies bfloat16."""
ChosenPrecision = Literal["32-true", "bf16-mixed"]
"""Precision of networks once `auto` is resolved."""
Augmentation = Literal["colour", "translation", "cutout"]
Auto = Literal["auto"]

GROUP = 4
"""Images in a group of the discriminator's minibatch standard deviation."""
R1_RULE = 0.0002
"""`r1_gamma = "auto"` is this times the image's pixels over the batch (Karras et al., 2020)."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How to train; the defaults are the paper's. Durations are counted in images seen."""

    images: int = 5_000_000
    """Length of the run, in images seen."""
    batch: int = 16
    """Images for each update, over all processes."""
    accumulate: int = 1
    """Passes that each process divides its batch into, if it does not fit into memory at once."""
    learning_rate: float = 0.002
    """Learning rate of Adam for generator and encoder."""
    discriminator_learning_rate: float = 0.002
    """Learning rate of Adam for the discriminator, before the lazy-R1 correction."""
    warm_up_learning_rate: float = 0.002
    """Learning rate of Adam before `adversarial_from`."""
    learning_rate_factor: float = 1.0
    """Multiplies all learning rates. ALI, BiGAN, ALAE and SEAN take theirs from their papers,
    whatever the rates above say, so this is the way to change them."""
    warm_up_beta1: float = 0.0
    """Adam's beta 1 for generator and encoder before `adversarial_from`; the paper's is 0."""
    r1_gamma: float | Auto = 10.0
    """Weight of the R1 gradient penalty; `auto`: 0.0002 times the image's pixels over the batch."""
    r1_interval: int = 16
    """Updates of the discriminator between two R1 penalties."""
    ema_half_life: float = 11_084.0
    """Half-life of the averaged weights, in images; 11,084 is a decay of 0.999 at batch 16."""
    weights: LossWeights = field(default_factory=LossWeights)
    """Weights of the losses."""
    perceptual_network: PerceptualNetwork = "lpips-vgg16"
    """Network of the perceptual loss."""
    perceptual_weights: str = ""
    """Folder with the weights of lpips-vgg16; downloaded into the cache if they are missing."""
    perceptual_from: int = 0
    """Images seen before the perceptual loss starts."""
    adversarial_from: int = 0
    """Images seen before the adversarial and latent losses start. On a CPU, a warm-up on
    reconstruction alone saves time; the paper has none."""
    mapping_head_start: bool = False
    """Fit the mapping network to the photos' stylemaps when that warm-up ends, so that its first
    images resemble photos; not in the paper."""
    discriminator_head_start: int = 0
    """Images before `adversarial_from` over which the discriminator already learns to separate
    photos from reconstructions, without being used; not in the paper."""
    cooldown: int = 0
    """Images at the end over which the learning rates fall linearly to a twentieth."""
    stability: StabilityConfig = field(default_factory=StabilityConfig)
    """Options that stabilise a run."""
    augmentations: tuple[Augmentation, ...] = ()
    """DiffAugment transformations of the discriminator's inputs, for small data sets."""
    ada: AdaConfig = field(default_factory=AdaConfig)
    """Augmentation that adapts to the discriminator's overfitting (ADA)."""
    photo_augmentation: PhotoAugmentationConfig = field(default_factory=PhotoAugmentationConfig)
    """Random changes of the photos themselves, for few photos."""
    horizontal_flips: bool = True
    """Mirror each image with probability 1/2."""
    init_from: str = ""
    """Model to start from: a bundled model's name, a .safetensors file or a run's folder."""
    freeze_discriminator: int = 0
    """Layers of the discriminator, counted from the image, that keep the weights of `init_from`."""
    precision: Precision = "32-true"
    """Precision of the forward passes. `auto` is bf16-mixed if the processor or GPU multiplies
    bfloat16, else 32-true; a run keeps the choice."""
    speed: SpeedConfig = field(default_factory=SpeedConfig)
    """How updates are computed."""
    seed: int = 0
    """Seed of all random numbers of a run."""
    snapshot_every: int = 20_000
    """Images between two snapshots of the weights."""
    sample_every: int = 10_000
    """Images between two sample sheets and validations."""
    frechet_images: int = 0
    """Random images that each validation compares with photos, by the Fréchet distance in
    features of EfficientNet-Lite0; 0 turns it off."""
    keep_snapshots: int = 5
    """Number of newest snapshots kept on disk."""
    tensorboard: bool = False
    """Also write losses, validation and sample sheets for TensorBoard."""

    def __post_init__(self) -> None:
        need_positive(
            self,
            *("images", "batch", "accumulate", "r1_interval", "ema_half_life"),
            *("learning_rate", "discriminator_learning_rate", "warm_up_learning_rate"),
            "learning_rate_factor",
            *("snapshot_every", "sample_every", "keep_snapshots"),
        )
        need_not_negative(
            self,
            *("perceptual_from", "adversarial_from", "cooldown", "seed"),
            *("freeze_discriminator", "frechet_images", "discriminator_head_start"),
        )
        SEED.refuse(self.seed, ConfigError)
        if not 0 <= self.warm_up_beta1 < 1:
            raise ConfigError(
                f"warm_up_beta1 must be at least 0 and below 1, got {self.warm_up_beta1}."
            )
        if self.r1_gamma != "auto":
            need_not_negative(self, "r1_gamma")
        need_one_of(self, "perceptual_network", PerceptualNetwork)
        need_one_of(self, "precision", Precision)
        need_among("augmentations", self.augmentations, Augmentation)
        self._refuse_combinations()
        self.images_a_pass(processes=1)

    def _refuse_combinations(self) -> None:
        if self.freeze_discriminator and not self.init_from:
            raise ConfigError("freeze_discriminator keeps weights of init_from: set init_from too.")
        if 0 < self.frechet_images < 2:
            raise ConfigError("frechet_images must be 0 or at least 2, got 1.")

    def r1_weight(self, image_size: int) -> float:
        """Compute the weight of R1 for images of that height and width."""
        if self.r1_gamma == "auto":
            return R1_RULE * image_size**2 / self.batch
        return self.r1_gamma

    def images_a_pass(self, processes: int) -> int:
        """Divide the batch among processes and passes.

        Raises:
            ConfigError: It does not divide into whole groups of the minibatch standard
                deviation, so results would differ.
        """
        each, rest = divmod(self.batch, processes * self.accumulate)
        if rest or each % min(GROUP, self.batch):
            raise ConfigError(
                f"batch must divide into {processes} process(es) times {self.accumulate} pass(es) "
                f"(accumulate) of a multiple of {GROUP} images each, because the minibatch "
                f"standard deviation compares groups of {GROUP}; got {self.batch}."
            )
        return each
