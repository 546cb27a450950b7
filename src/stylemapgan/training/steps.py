"""One function for each update of the networks.

Source: Kim et al., CVPR 2021, section 3.2: generator, encoder and discriminator are trained
together, in four updates.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from lightning_fabric import Fabric
from torch import Tensor
from torch.optim import Optimizer

from stylemapgan import losses
from stylemapgan.augment import BatchRandomness, ada, diff_augment
from stylemapgan.config import TrainConfig
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.training.descent import Losses, Pass, descend
from stylemapgan.training.microbatches import Microbatch, Phase, lay_out
from stylemapgan.training.state import TrainState

Batch = Sequence[Microbatch]


@dataclass(frozen=True)
class StepContext:
    """What every update needs besides the networks."""

    fabric: Fabric
    config: TrainConfig
    distance: AbstractPerceptualDistance | None

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


def generator_step(context: StepContext, state: TrainState, batch: Batch) -> Losses:
    """Update F and G so that D takes generated images for real, then E to recover stylemaps.

    E is trained to find the stylemap that each image was generated from.
    """
    weights = context.config.weights
    pairs: list[tuple[Tensor, Tensor]] = []

    def adversarial_pass(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.GENERATOR)
        with context.fabric.autocast():
            stylemap = state.generator.mapping(draw_z(state, microbatch, randomness))
            generated = state.generator.synthesize(stylemap)
            adversarial = context.adversarial_loss(state, generated, microbatch.real, randomness)
        pairs.append((generated.detach(), stylemap.detach()))
        return weights.adversarial * adversarial, {"g/adversarial": adversarial.detach()}

    def latent_pass(generated: Tensor, stylemap: Tensor) -> Pass:
        with context.fabric.autocast():
            latent = losses.mean_squared_error(state.encoder(generated), stylemap)
        return weights.latent_reconstruction * latent, {"e/latent": latent.detach()}

    terms = context.update(map(adversarial_pass, batch), batch, state.generator_optimizer)
    return terms | context.update(
        (latent_pass(*pair) for pair in pairs), batch, state.encoder_optimizer
    )


def reconstruct(
    context: StepContext, state: TrainState, microbatch: Microbatch
) -> Float[Tensor, "batch 3 height width"]:
    """Encode photos and decode their stylemaps."""
    with context.fabric.autocast():
        return state.generator.synthesize(state.encoder(microbatch.real))


def discriminator_step(
    context: StepContext, state: TrainState, batch: Batch, reconstructed: Tensor | None = None
) -> Losses:
    """Update D to separate real images from generated and reconstructed ones.

    Args:
        context: Configuration.
        state: Networks.
        batch: Photos.
        reconstructed: The result of `reconstruct` for the only microbatch, if it was computed
            before.
    """
    return context.update(
        map(partial(_discriminator_pass, context, state, reconstructed), batch),
        batch,
        state.discriminator_optimizer,
    )


def _discriminator_pass(
    context: StepContext, state: TrainState, reconstructed: Tensor | None, microbatch: Microbatch
) -> Pass:
    weights = context.config.weights
    randomness = microbatch.randomness(Phase.DISCRIMINATOR)
    with context.fabric.autocast():
        with torch.no_grad():
            generated = state.generator(draw_z(state, microbatch, randomness))
            if reconstructed is None:
                reconstructed = reconstruct(context, state, microbatch)
        on_real = context.discriminate(state, microbatch.real, randomness)
        on_generated = context.discriminate(state, generated, randomness)
        on_reconstructed = context.discriminate(state, reconstructed.detach(), randomness)
    if context.config.stability.adversarial_loss == "logistic":
        real = losses.logistic_real(on_real)
        terms = {"d/real": real, "d/generated": losses.logistic_fake(on_generated)}
        terms["d/reconstructed"] = losses.logistic_fake(on_reconstructed)
        separation = real + terms["d/generated"]
    else:
        separation = losses.relativistic(on_real, on_generated)
        terms = {"d/generated": separation}
        terms["d/reconstructed"] = losses.relativistic(on_real, on_reconstructed)
    loss = weights.discriminator * separation
    loss = loss + weights.discriminator_domain_guided * terms["d/reconstructed"]
    terms["d/sign_real"] = on_real.sign().float().mean()
    return loss, {name: term.detach() for name, term in terms.items()}


def penalty_step(context: StepContext, state: TrainState, batch: Batch) -> Losses:
    """Penalise D's gradient at real images (R1) and, if configured, at generated ones (R2).

    The penalty is computed only every `r1_interval` updates, and weighted up by as much.
    """
    return context.update(
        map(partial(_penalty_pass, context, state), batch), batch, state.discriminator_optimizer
    )


def _penalty_pass(context: StepContext, state: TrainState, microbatch: Microbatch) -> Pass:
    config = context.config
    randomness = microbatch.randomness(Phase.PENALTY)
    penalty = _gradient_penalty(context, state, microbatch.real, randomness)
    loss = config.r1_weight(state.image_size) / 2 * config.r1_interval * penalty
    terms = {"d/r1": penalty.detach()}
    if config.stability.r2_gamma:
        with context.fabric.autocast(), torch.no_grad():
            generated = state.generator(draw_z(state, microbatch, randomness))
        penalty = _gradient_penalty(context, state, generated.float(), randomness)
        loss = loss + config.stability.r2_gamma / 2 * config.r1_interval * penalty
        terms["d/r2"] = penalty.detach()
    return loss, terms


def _gradient_penalty(
    context: StepContext, state: TrainState, images: Tensor, randomness: BatchRandomness
) -> Float[Tensor, ""]:
    images = images.detach().requires_grad_()
    with context.fabric.autocast():
        logits = context.discriminate(state, images, randomness)
    return losses.gradient_penalty(logits, images)


def warm_up_step(context: StepContext, state: TrainState, batch: Batch) -> Losses:
    """Update E and G to reconstruct photos, by pixels and features, without the discriminator."""

    def warm_up_pass(microbatch: Microbatch) -> Pass:
        return _reconstruction_loss(
            context, state, microbatch.real, reconstruct(context, state, microbatch)
        )

    return context.update(
        map(warm_up_pass, batch), batch, state.encoder_optimizer, state.generator_optimizer
    )


def reconstruction_step(
    context: StepContext, state: TrainState, batch: Batch, reconstructed: Tensor | None = None
) -> Losses:
    """Update E and G to reconstruct photos so that D takes the results for real.

    Args:
        context: Configuration.
        state: Networks.
        batch: Photos.
        reconstructed: The result of `reconstruct` for the only microbatch, with its graph, if it
            was computed before. E and G must not have been updated since.
    """
    weight = context.config.weights.domain_guided

    def reconstruction_pass(microbatch: Microbatch) -> Pass:
        images = reconstructed
        if images is None:
            images = reconstruct(context, state, microbatch)
        randomness = microbatch.randomness(Phase.RECONSTRUCTION)
        with context.fabric.autocast():
            guided = context.adversarial_loss(state, images, microbatch.real, randomness)
        loss, terms = _reconstruction_loss(context, state, microbatch.real, images)
        return loss + weight * guided, terms | {"e/domain_guided": guided.detach()}

    return context.update(
        map(reconstruction_pass, batch), batch, state.encoder_optimizer, state.generator_optimizer
    )


def draw_z(
    state: TrainState, microbatch: Microbatch, randomness: BatchRandomness
) -> Float[Tensor, "batch z"]:
    """Draw one noise vector for each photo of the microbatch."""
    channels = state.generator.config.style_channels
    return randomness.normal(len(microbatch.real), channels, device=microbatch.real.device)


def _reconstruction_loss(
    context: StepContext,
    state: TrainState,
    real: Float[Tensor, "batch 3 height width"],
    reconstructed: Float[Tensor, "batch 3 height width"],
) -> Pass:
    """Compute the weighted pixel and perceptual loss of reconstructions, and its terms."""
    config = context.config
    squared = losses.mean_squared_error(reconstructed, real)
    loss = config.weights.reconstruction * squared
    terms = {"e/reconstruction": squared.detach()}
    if context.distance is not None and state.images_seen >= config.perceptual_from:
        with context.fabric.autocast():
            perceptual = context.distance(reconstructed, real).mean()
        loss = loss + config.weights.perceptual * perceptual
        terms["e/perceptual"] = perceptual.detach()
    return loss, terms
