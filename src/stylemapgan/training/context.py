"""What every update needs, whatever it trains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from stylemapgan import losses
from stylemapgan.augment import AdaptiveProbability, BatchRandomness, ada, diff_augment
from stylemapgan.config import TrainConfig
from stylemapgan.features.efficientnet import EfficientNetLite0
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.training.descent import Losses, Pass, descend
from stylemapgan.training.microbatches import Microbatch, lay_out

Batch = Sequence[Microbatch]


@runtime_checkable
class Augmenting(Protocol):
    """A state that says how strongly to augment what a discriminator sees."""

    ada: AdaptiveProbability


@runtime_checkable
class Discriminating(Augmenting, Protocol):
    """A state with a discriminator of images."""

    @property
    def discriminator(self) -> nn.Module:
        """Maps images to logits (N, 1)."""
        ...


@dataclass(frozen=True)
class StepContext:
    """What every update needs besides the networks."""

    fabric: Fabric
    config: TrainConfig
    distance: AbstractPerceptualDistance | None
    features: EfficientNetLite0 | None = None
    """What a discriminator of features sees pictures through."""

    def augment(
        self,
        state: Augmenting,
        images: Float[Tensor, "batch 3 height width"],
        randomness: BatchRandomness,
    ) -> Float[Tensor, "batch 3 height width"]:
        """Change images at random before a discriminator sees them."""
        images = diff_augment(images, self.config.augmentations, randomness)
        if self.config.ada.target:
            images = ada(images, self.config.ada.groups, state.ada.p, randomness)
        return lay_out(images, self.config)

    def discriminate(
        self,
        state: Discriminating,
        images: Float[Tensor, "batch 3 height width"],
        randomness: BatchRandomness,
    ) -> Float[Tensor, "batch 1"]:
        """Compute the discriminator's logits for images, after augmenting them."""
        return state.discriminator(self.augment(state, images, randomness))

    def adversarial_loss(
        self,
        state: Discriminating,
        fake: Float[Tensor, "batch 3 height width"],
        real: Float[Tensor, "batch 3 height width"],
        randomness: BatchRandomness,
    ) -> Float[Tensor, ""]:
        """Compute the loss of fake images: small where the discriminator takes them for real."""
        on_fake = self.discriminate(state, fake, randomness)
        if self.config.stability.adversarial_loss == "logistic":
            return losses.logistic_real(on_fake)
        with torch.no_grad():
            on_real = self.discriminate(state, real, randomness)
        return losses.relativistic(on_fake, on_real)

    def gradient_penalty(
        self,
        state: Discriminating,
        images: Float[Tensor, "batch 3 height width"],
        randomness: BatchRandomness,
    ) -> Float[Tensor, ""]:
        """Compute the penalty on the discriminator's gradient at images: R1 or R2."""
        images = images.detach().requires_grad_()
        with self.fabric.autocast():
            logits = self.discriminate(state, images, randomness)
        return losses.gradient_penalty(logits, images)

    def update(self, passes: Iterator[Pass], batch: Batch, *optimizers: Optimizer) -> Losses:
        """Update the optimisers' parameters to lower the mean loss of all microbatches."""
        longest = self.config.stability.clip_gradients
        return descend(self.fabric, passes, *optimizers, count=len(batch), longest_gradient=longest)
