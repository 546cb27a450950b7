"""What every update needs, and what several of them do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from lightning_fabric import Fabric
from torch import Tensor
from torch.optim import Optimizer

from stylemapgan import losses
from stylemapgan.augment import BatchRandomness, ada, diff_augment
from stylemapgan.config import TrainConfig
from stylemapgan.features.efficientnet import PYRAMID, EfficientNetLite0
from stylemapgan.features.perceptual import AbstractPerceptualDistance, enlarge
from stylemapgan.training.descent import Losses, Pass, descend
from stylemapgan.training.microbatches import Microbatch, lay_out
from stylemapgan.training.state import TrainState

Batch = Sequence[Microbatch]


@dataclass(frozen=True)
class StepContext:
    """What every update needs besides the networks."""

    fabric: Fabric
    config: TrainConfig
    distance: AbstractPerceptualDistance | None
    features: EfficientNetLite0 | None = None
    """What the discriminator of features sees pictures through."""

    def discriminate(
        self,
        state: TrainState,
        images: Float[Tensor, "batch 3 height width"],
        randomness: BatchRandomness,
    ) -> Float[Tensor, "batch 1"]:
        """Compute the discriminator's logits for images, after augmenting them."""
        images = diff_augment(images, self.config.augmentations, randomness)
        if self.config.ada.target:
            images = ada(images, self.config.ada.groups, state.ada.p, randomness)
        return state.discriminator(lay_out(images, self.config))

    def feature_logits(
        self,
        state: TrainState,
        images: Float[Tensor, "batch 3 height width"],
        randomness: BatchRandomness,
    ) -> list[Float[Tensor, "batch 1 _ _"]]:
        """Compute the logits of the discriminator of features for images, after augmenting them.

        Raises:
            ValueError: There is no such discriminator: no loss has a weight.
        """
        if self.features is None or state.feature_discriminator is None:
            raise ValueError("The discriminator of features exists only if a loss has a weight.")
        images = diff_augment(images, self.config.augmentations, randomness)
        features = self.features(enlarge(images))
        return state.feature_discriminator([features[position] for position in PYRAMID])

    def adversarial_loss(
        self,
        state: TrainState,
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

    def update(self, passes: Iterator[Pass], batch: Batch, *optimizers: Optimizer) -> Losses:
        """Update the optimisers' parameters to lower the mean loss of all microbatches."""
        longest = self.config.stability.clip_gradients
        return descend(self.fabric, passes, *optimizers, count=len(batch), longest_gradient=longest)


def reconstruct(
    context: StepContext, state: TrainState, microbatch: Microbatch
) -> Float[Tensor, "batch 3 height width"]:
    """Encode photos and decode their stylemaps."""
    with context.fabric.autocast():
        return state.generator.synthesize(state.encoder(microbatch.real))


def draw_z(
    state: TrainState, microbatch: Microbatch, randomness: BatchRandomness
) -> Float[Tensor, "batch z"]:
    """Draw one noise vector for each photo of the microbatch."""
    channels = state.generator.config.style_channels
    return randomness.normal(len(microbatch.real), channels, device=microbatch.real.device)
