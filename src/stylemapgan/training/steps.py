"""One function per update of the networks.

Source: Kim et al., CVPR 2021, section 3.2: generator and encoder learn together with the
discriminator, in four updates.
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
from stylemapgan.models.noise import Noise
from stylemapgan.training.descent import Losses, Pass, descend
from stylemapgan.training.microbatches import Microbatch, Phase, lay_out
from stylemapgan.training.state import TrainState

Batch = Sequence[Microbatch]


@dataclass(frozen=True)
class StepContext:
    """What all updates need beside the networks."""

    fabric: Fabric
    config: TrainConfig
    distance: AbstractPerceptualDistance | None

    def judge(
        self,
        state: TrainState,
        images: Float[Tensor, "batch 3 height width"],
        randomness: BatchRandomness,
    ) -> Float[Tensor, "batch 1"]:
        """Ask the discriminator about augmented images."""
        images = diff_augment(images, self.config.augmentations, randomness)
        if self.config.ada.target:
            images = ada(images, self.config.ada.groups, state.ada.p, randomness)
        return state.discriminator(lay_out(images, self.config))

    def fool(
        self,
        state: TrainState,
        fake: Float[Tensor, "batch 3 height width"],
        real: Float[Tensor, "batch 3 height width"],
        randomness: BatchRandomness,
    ) -> Float[Tensor, ""]:
        """How far the discriminator is from taking fakes for real."""
        on_fake = self.judge(state, fake, randomness)
        if self.config.stability.adversarial_loss == "logistic":
            return losses.logistic_real(on_fake)
        with torch.no_grad():
            on_real = self.judge(state, real, randomness)
        return losses.relativistic(on_fake, on_real)

    def update(self, passes: Iterator[Pass], batch: Batch, *optimizers: Optimizer) -> Losses:
        """Update the optimisers' parameters to lower the mean loss of all microbatches."""
        longest = self.config.stability.clip_gradients
        return descend(self.fabric, passes, *optimizers, count=len(batch), longest_gradient=longest)


def generator_step(context: StepContext, state: TrainState, batch: Batch) -> Losses:
    """Teach F and G to fool D, then E to find the stylemap that a generated image came from."""
    weights = context.config.weights
    made: list[tuple[Tensor, Tensor]] = []

    def adversarial_pass(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.GENERATOR)
        with context.fabric.autocast():
            stylemap = state.generator.mapping(draw_z(state, microbatch, randomness))
            generated = state.generator.synthesize(
                stylemap, draw_noise(state, microbatch, randomness)
            )
            adversarial = context.fool(state, generated, microbatch.real, randomness)
        made.append((generated.detach(), stylemap.detach()))
        return weights.adversarial * adversarial, {"g/adversarial": adversarial.detach()}

    def latent_pass(generated: Tensor, stylemap: Tensor) -> Pass:
        with context.fabric.autocast():
            latent = losses.mean_squared_error(state.encoder(generated), stylemap)
        return weights.latent_reconstruction * latent, {"e/latent": latent.detach()}

    terms = context.update(map(adversarial_pass, batch), batch, state.generator_optimizer)
    return terms | context.update(
        (latent_pass(*each) for each in made), batch, state.encoder_optimizer
    )


def reconstruct(
    context: StepContext, state: TrainState, microbatch: Microbatch
) -> Float[Tensor, "batch 3 height width"]:
    """Encode photos and decode them again."""
    noise = draw_noise(state, microbatch, microbatch.randomness(Phase.NOISE))
    with context.fabric.autocast():
        return state.generator.synthesize(state.encoder(microbatch.real), noise)


def discriminator_step(
    context: StepContext, state: TrainState, batch: Batch, reconstructed: Tensor | None = None
) -> Losses:
    """Teach D to tell real images from generated and reconstructed ones.

    Args:
        context: Settings.
        state: Networks.
        batch: Photos.
        reconstructed: What `reconstruct` makes of the only microbatch, if that is known already.
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
            generated = _generate(state, microbatch, randomness)
            if reconstructed is None:
                reconstructed = reconstruct(context, state, microbatch)
        on_real = context.judge(state, microbatch.real, randomness)
        on_generated = context.judge(state, generated, randomness)
        on_reconstructed = context.judge(state, reconstructed.detach(), randomness)
    if context.config.stability.adversarial_loss == "logistic":
        real = losses.logistic_real(on_real)
        terms = {"d/real": real, "d/generated": losses.logistic_fake(on_generated)}
        terms["d/reconstructed"] = losses.logistic_fake(on_reconstructed)
        told = real + terms["d/generated"]
    else:
        told = losses.relativistic(on_real, on_generated)
        terms = {"d/generated": told}
        terms["d/reconstructed"] = losses.relativistic(on_real, on_reconstructed)
    loss = weights.discriminator * told
    loss = loss + weights.discriminator_domain_guided * terms["d/reconstructed"]
    terms["d/sign_real"] = on_real.sign().float().mean()
    return loss, {name: term.detach() for name, term in terms.items()}


def penalty_step(context: StepContext, state: TrainState, batch: Batch) -> Losses:
    """Keep D flat around real images, and around generated ones if the settings say so.

    Weighted up because it happens only now and then.
    """
    return context.update(
        map(partial(_penalty_pass, context, state), batch), batch, state.discriminator_optimizer
    )


def _penalty_pass(context: StepContext, state: TrainState, microbatch: Microbatch) -> Pass:
    config = context.config
    randomness = microbatch.randomness(Phase.PENALTY)
    penalty = _slope(context, state, microbatch.real, randomness)
    loss = config.r1_weight(state.image_size) / 2 * config.r1_interval * penalty
    terms = {"d/r1": penalty.detach()}
    if config.stability.r2_gamma:
        with context.fabric.autocast(), torch.no_grad():
            generated = _generate(state, microbatch, randomness)
        penalty = _slope(context, state, generated.float(), randomness)
        loss = loss + config.stability.r2_gamma / 2 * config.r1_interval * penalty
        terms["d/r2"] = penalty.detach()
    return loss, terms


def _slope(
    context: StepContext, state: TrainState, images: Tensor, randomness: BatchRandomness
) -> Float[Tensor, ""]:
    images = images.detach().requires_grad_()
    with context.fabric.autocast():
        logits = context.judge(state, images, randomness)
    return losses.gradient_penalty(logits, images)


def warm_up_step(context: StepContext, state: TrainState, batch: Batch) -> Losses:
    """Teach E and G to reproduce photos, by pixels and features, without a discriminator."""

    def learn(microbatch: Microbatch) -> Pass:
        return _resemblance(
            context, state, microbatch.real, reconstruct(context, state, microbatch)
        )

    return context.update(
        map(learn, batch), batch, state.encoder_optimizer, state.generator_optimizer
    )


def reconstruction_step(
    context: StepContext, state: TrainState, batch: Batch, reconstructed: Tensor | None = None
) -> Losses:
    """Teach E and G to reproduce photos such that D takes the results for real.

    Args:
        context: Settings.
        state: Networks.
        batch: Photos.
        reconstructed: What `reconstruct` makes of the only microbatch, with its graph, if that is
            known already. E and G must not have learnt since.
    """
    weight = context.config.weights.domain_guided

    def learn(microbatch: Microbatch) -> Pass:
        made = reconstructed
        if made is None:
            made = reconstruct(context, state, microbatch)
        randomness = microbatch.randomness(Phase.RECONSTRUCTION)
        with context.fabric.autocast():
            guided = context.fool(state, made, microbatch.real, randomness)
        loss, terms = _resemblance(context, state, microbatch.real, made)
        return loss + weight * guided, terms | {"e/domain_guided": guided.detach()}

    return context.update(
        map(learn, batch), batch, state.encoder_optimizer, state.generator_optimizer
    )


def draw_z(
    state: TrainState, microbatch: Microbatch, randomness: BatchRandomness
) -> Float[Tensor, "batch z"]:
    """Noise vectors for as many images as the microbatch has photos."""
    channels = state.generator.config.style_channels
    return randomness.normal(len(microbatch.real), channels, device=microbatch.real.device)


def draw_noise(
    state: TrainState, microbatch: Microbatch, randomness: BatchRandomness
) -> list[Noise]:
    """Per-pixel noise for as many images as the microbatch has photos; none if G takes none."""
    real = microbatch.real
    return [
        randomness.normal(len(real), 1, side, side, device=real.device)
        for side in state.generator.synthesis.noise_sides
    ]


def _generate(
    state: TrainState, microbatch: Microbatch, randomness: BatchRandomness
) -> Float[Tensor, "batch 3 height width"]:
    z = draw_z(state, microbatch, randomness)
    return state.generator(z, draw_noise(state, microbatch, randomness))


def _resemblance(
    context: StepContext,
    state: TrainState,
    real: Float[Tensor, "batch 3 height width"],
    reconstructed: Float[Tensor, "batch 3 height width"],
) -> Pass:
    """Weighted pixel and perceptual loss of a reconstruction, and its terms."""
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
