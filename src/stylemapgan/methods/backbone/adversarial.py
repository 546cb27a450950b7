"""The game of a generator of vectors against the discriminator, which several recipes share.

Logistic losses and lazy R1, as in Karras et al., CVPR 2020.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import Adam

from stylemapgan import losses
from stylemapgan.augment import BatchRandomness
from stylemapgan.config import TrainConfig
from stylemapgan.methods.backbone.generator import AbstractGenerator
from stylemapgan.training import schedule
from stylemapgan.training.adaptation import SIGN
from stylemapgan.training.context import Batch, Discriminating, StepContext
from stylemapgan.training.descent import Losses, Pass
from stylemapgan.training.microbatches import Microbatch, Phase
from stylemapgan.training.recipe import Kept
from stylemapgan.training.state import adam, lazy_factor, set_rate

BETAS = (0.0, 0.99)
MakeFakes = Callable[[Microbatch, BatchRandomness], Tensor]
"""Makes an image for each photo of a microbatch."""


@runtime_checkable
class Adversarial(Discriminating, Protocol):
    """A state whose generator and discriminator play against each other."""

    images_seen: int
    generator_optimizer: Adam
    discriminator_optimizer: Adam

    @property
    def generator(self) -> AbstractGenerator:
        """Maps z and noise to images."""
        ...


def make_optimizers(networks: Mapping[str, Any], config: TrainConfig) -> dict[str, Any]:
    """Make the optimisers of generator and discriminator, by their names in a state."""
    factor = lazy_factor(config.r1_interval)
    lazy_betas = (BETAS[0] ** factor, BETAS[1] ** factor)
    return {
        "generator_optimizer": adam(networks["generator"], BETAS, config),
        "discriminator_optimizer": adam(networks["discriminator"], lazy_betas, config),
    }


def set_rates(state: Adversarial, config: TrainConfig) -> None:
    """Set both learning rates for the images seen so far."""
    factor = schedule.factor_of_rate(config, state.images_seen)
    rate = config.discriminator_learning_rate * factor
    set_rate(state.generator_optimizer, config.learning_rate * factor)
    set_rate(state.discriminator_optimizer, rate * lazy_factor(config.r1_interval))


def draw_noise(
    generator: AbstractGenerator, randomness: BatchRandomness, images: Tensor
) -> list[Float[Tensor, "batch 1 _ _"]]:
    """Draw each image's own noise for every layer."""
    config = generator.config
    sides = [config.constant_size * 2 ** (layer // 2) for layer in range(config.layers)]
    return [randomness.normal(len(images), 1, side, side, device=images.device) for side in sides]


def generate(state: Adversarial, microbatch: Microbatch, randomness: BatchRandomness) -> Tensor:
    """Generate one image for each photo of the microbatch."""
    generator, real = state.generator, microbatch.real
    z = randomness.normal(len(real), generator.z_channels, device=real.device)
    return generator(z, draw_noise(generator, randomness, real))


def generator_step(context: StepContext, state: Adversarial, batch: Batch, kept: Kept) -> Losses:
    """Update the generator so that D takes generated images for real."""
    del kept

    def adversarial_pass(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.GENERATOR)
        with context.fabric.autocast():
            generated = generate(state, microbatch, randomness)
            loss = context.adversarial_loss(state, generated, microbatch.real, randomness)
        return loss, {"g/adversarial": loss.detach()}

    return context.update(map(adversarial_pass, batch), batch, state.generator_optimizer)


def discriminator_step(
    context: StepContext, state: Adversarial, batch: Batch, kept: Kept
) -> Losses:
    """Update D to separate photos from generated images."""
    del kept

    def fakes(microbatch: Microbatch, randomness: BatchRandomness) -> Tensor:
        return generate(state, microbatch, randomness)

    return separate(context, state, batch, fakes, "d/generated")


def separate(
    context: StepContext, state: Adversarial, batch: Batch, fakes: MakeFakes, name: str
) -> Losses:
    """Update D to separate photos from fakes.

    Args:
        context: What every update needs.
        state: What is trained.
        batch: Photos.
        fakes: Makes the fakes, without gradients.
        name: Of the loss on fakes.
    """

    def discriminator_pass(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.DISCRIMINATOR)
        with context.fabric.autocast():
            with torch.no_grad():
                fake = fakes(microbatch, randomness)
            on_real = context.discriminate(state, microbatch.real, randomness)
            on_fake = context.discriminate(state, fake, randomness)
        terms = {"d/real": losses.logistic_real(on_real), name: losses.logistic_fake(on_fake)}
        loss = torch.stack(list(terms.values())).sum()
        terms[SIGN] = on_real.sign().float().mean()
        return loss, {name: term.detach() for name, term in terms.items()}

    return context.update(map(discriminator_pass, batch), batch, state.discriminator_optimizer)


def penalty_step(context: StepContext, state: Adversarial, batch: Batch, kept: Kept) -> Losses:
    """Penalise D's gradient at photos (R1), weighted up by the updates that leave it out."""
    del kept
    config = context.config

    def penalty_pass(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.PENALTY)
        penalty = context.gradient_penalty(state, microbatch.real, randomness)
        weight = config.r1_weight(state.generator.config.image_size) / 2 * config.r1_interval
        return weight * penalty, {"d/r1": penalty.detach()}

    return context.update(map(penalty_pass, batch), batch, state.discriminator_optimizer)
