"""The updates of the game over pairs.

The papers' discriminators have batch normalisation, dropout or maxout. Ours has none of these, and
without R1 it soon tells all pairs apart, so that generator and encoder learn little.

Source: Dumoulin et al., ICLR 2017; Donahue et al., ICLR 2017.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from stylemapgan import losses
from stylemapgan.methods.backbone import VectorGenerator
from stylemapgan.methods.joint.networks import AbstractInference, JointDiscriminator
from stylemapgan.methods.latent_recipe import AbstractLatentState
from stylemapgan.training.adaptation import SIGN
from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.descent import Losses, Pass
from stylemapgan.training.microbatches import Microbatch, Phase
from stylemapgan.training.recipe import Kept


@dataclass(kw_only=True)
class JointState(AbstractLatentState[AbstractInference, JointDiscriminator]):
    """Generator, encoder and discriminator of pairs, and what trains them."""

    rate: ClassVar[float] = 0.002
    """The papers' 1e-4 for equalised weights, which layers multiply by sqrt(2 / fan in): by 1/21 in
    a 3x3 convolution of 96 channels, whose weights 0.002 moves as far as 1e-4 would."""
    betas: ClassVar[tuple[float, float]] = (0.5, 0.999)

    @staticmethod
    def decode(
        generator: VectorGenerator, latent: Float[Tensor, "batch z"]
    ) -> Float[Tensor, "batch 3 height width"]:
        """Generate images from z."""
        return generator(latent)


def discriminator_loss(
    on_encoded: Float[Tensor, "batch 1"], on_generated: Float[Tensor, "batch 1"]
) -> Float[Tensor, ""]:
    """softplus(-D(x, E(x))) + softplus(D(G(z), z)): small where D tells the pairs apart."""
    return losses.logistic_real(on_encoded) + losses.logistic_fake(on_generated)


def inference_loss(
    on_encoded: Float[Tensor, "batch 1"], on_generated: Float[Tensor, "batch 1"]
) -> Float[Tensor, ""]:
    """softplus(D(x, E(x))) + softplus(-D(G(z), z)): small where D takes each for the other.

    Unlike the minimax loss, its gradient does not vanish where D is sure.

    Source: Dumoulin et al., ICLR 2017.
    """
    return losses.logistic_fake(on_encoded) + losses.logistic_real(on_generated)


class Pairs(NamedTuple):
    """For each photo the z inferred from it, and a random z with the image generated from it."""

    inferred: Float[Tensor, "batch z"]
    z: Float[Tensor, "batch z"]
    generated: Float[Tensor, "batch 3 height width"]


def form_pairs(context: StepContext, state: JointState, microbatch: Microbatch) -> Pairs:
    """Infer z from photos and generate images: the same pairs in both updates."""
    real, channels = microbatch.real, state.generator.config.style_channels
    randomness = microbatch.randomness(Phase.GENERATOR)
    z, normals = (randomness.normal(len(real), channels, device=real.device) for _ in range(2))
    with context.fabric.autocast():
        return Pairs(state.encoder.draw(real, normals).float(), z, state.generator(z))


def discriminator_step(context: StepContext, state: JointState, batch: Batch, kept: Kept) -> Losses:
    """Update D to tell photos with inferred z from generated images with their z."""
    if context.config.speed.share_forward_passes and len(batch) == 1:
        kept |= form_pairs(context, state, batch[0])._asdict()

    def tell_apart(microbatch: Microbatch) -> Pass:
        with torch.no_grad():
            pairs = Pairs(**kept) if kept else form_pairs(context, state, microbatch)
        pairs = Pairs(*(each.detach() for each in pairs))
        on_encoded, on_generated = _logits(context, state, microbatch, pairs, Phase.DISCRIMINATOR)
        loss = discriminator_loss(on_encoded, on_generated)
        sign = on_encoded.detach().sign().float().mean()
        return loss, {"d/pairs": loss.detach(), SIGN: sign}

    return context.update(map(tell_apart, batch), batch, state.discriminator_optimizer)


def inference_step(context: StepContext, state: JointState, batch: Batch, kept: Kept) -> Losses:
    """Update G and E so that D takes each kind of pair for the other."""

    def confuse(microbatch: Microbatch) -> Pass:
        pairs = Pairs(**kept) if kept else form_pairs(context, state, microbatch)
        loss = inference_loss(*_logits(context, state, microbatch, pairs, Phase.RECONSTRUCTION))
        return loss, {"g/pairs": loss.detach()}

    optimizers = state.generator_optimizer, state.encoder_optimizer
    return context.update(map(confuse, batch), batch, *optimizers)


def penalty_step(context: StepContext, state: JointState, batch: Batch, kept: Kept) -> Losses:
    """Penalise D's gradient at photos and the z inferred from them (R1).

    Its weight grows by the updates that leave it out.

    Source: Mescheder et al., ICML 2018, where the data are pairs.
    """
    del kept
    config, shapes = context.config, state.generator.config

    def penalty_pass(microbatch: Microbatch) -> Pass:
        randomness, real = microbatch.randomness(Phase.PENALTY), microbatch.real
        normals = randomness.normal(len(real), shapes.style_channels, device=real.device)
        with context.fabric.autocast(), torch.no_grad():
            inferred = state.encoder.draw(real, normals).float()
        pair = real.detach().requires_grad_(), inferred.requires_grad_()
        with context.fabric.autocast():
            logits = state.discriminator(context.augment(state, pair[0], randomness), pair[1])
        penalty = losses.gradient_penalty(logits, *pair)
        weight = config.r1_weight(shapes.image_size) / 2 * config.r1_interval
        return weight * penalty, {"d/r1": penalty.detach()}

    return context.update(map(penalty_pass, batch), batch, state.discriminator_optimizer)


def _logits(
    context: StepContext, state: JointState, microbatch: Microbatch, pairs: Pairs, phase: Phase
) -> tuple[Float[Tensor, "batch 1"], Float[Tensor, "batch 1"]]:
    """Compute D's logits for photos and for generated images, both augmented."""
    randomness = microbatch.randomness(phase)
    with context.fabric.autocast():
        real = context.augment(state, microbatch.real, randomness)
        generated = context.augment(state, pairs.generated, randomness)
        on_encoded = state.discriminator(real, pairs.inferred)
        return on_encoded, state.discriminator(generated, pairs.z)
