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
from stylemapgan.training.portions import Phase, Portion
from stylemapgan.training.state import TrainState

Batch = Sequence[Portion]


@dataclass(frozen=True)
class Lesson:
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

    def teach(self, passes: Iterator[Pass], batch: Batch, *optimizers: Optimizer) -> Losses:
        """Update the optimisers' parameters to lower the mean loss of all portions."""
        longest = self.config.stability.clip_gradients
        return descend(self.fabric, passes, *optimizers, count=len(batch), longest_gradient=longest)


def lay_out(images: Tensor, config: TrainConfig) -> Tensor:
    """Put images into the memory layout that convolutions like best."""
    if not config.speed.channels_last:
        return images.contiguous()
    return images.contiguous(memory_format=torch.channels_last)


def generator_step(lesson: Lesson, state: TrainState, batch: Batch) -> Losses:
    """Teach F and G to fool D, then E to find the stylemap that a generated image came from."""
    weights = lesson.config.weights
    made: list[tuple[Tensor, Tensor]] = []

    def adversarial_pass(portion: Portion) -> Pass:
        randomness = portion.randomness(Phase.GENERATOR)
        with lesson.fabric.autocast():
            stylemap = state.generator.mapping(draw_z(state, portion, randomness))
            generated = state.generator.synthesize(stylemap, draw_noise(state, portion, randomness))
            adversarial = lesson.fool(state, generated, portion.real, randomness)
        made.append((generated.detach(), stylemap.detach()))
        return weights.adversarial * adversarial, {"g/adversarial": adversarial.detach()}

    def latent_pass(generated: Tensor, stylemap: Tensor) -> Pass:
        with lesson.fabric.autocast():
            latent = losses.mean_squared_error(state.encoder(generated), stylemap)
        return weights.latent_reconstruction * latent, {"e/latent": latent.detach()}

    terms = lesson.teach(map(adversarial_pass, batch), batch, state.generator_optimizer)
    return terms | lesson.teach(
        (latent_pass(*each) for each in made), batch, state.encoder_optimizer
    )


def reconstruct(
    lesson: Lesson, state: TrainState, portion: Portion
) -> Float[Tensor, "batch 3 height width"]:
    """Encode photos and decode them again."""
    noise = draw_noise(state, portion, portion.randomness(Phase.NOISE))
    with lesson.fabric.autocast():
        return state.generator.synthesize(state.encoder(portion.real), noise)


def discriminator_step(
    lesson: Lesson, state: TrainState, batch: Batch, reconstructed: Tensor | None = None
) -> Losses:
    """Teach D to tell real images from generated and reconstructed ones.

    Args:
        lesson: Settings.
        state: Networks.
        batch: Photos.
        reconstructed: What `reconstruct` makes of the only portion, if that is known already.
    """
    return lesson.teach(
        map(partial(_discriminator_pass, lesson, state, reconstructed), batch),
        batch,
        state.discriminator_optimizer,
    )


def _discriminator_pass(
    lesson: Lesson, state: TrainState, reconstructed: Tensor | None, portion: Portion
) -> Pass:
    weights = lesson.config.weights
    randomness = portion.randomness(Phase.DISCRIMINATOR)
    with lesson.fabric.autocast():
        with torch.no_grad():
            generated = _generate(state, portion, randomness)
            if reconstructed is None:
                reconstructed = reconstruct(lesson, state, portion)
        on_real = lesson.judge(state, portion.real, randomness)
        on_generated = lesson.judge(state, generated, randomness)
        on_reconstructed = lesson.judge(state, reconstructed.detach(), randomness)
    if lesson.config.stability.adversarial_loss == "logistic":
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


def penalty_step(lesson: Lesson, state: TrainState, batch: Batch) -> Losses:
    """Keep D flat around real images, and around generated ones if the settings say so.

    Weighted up because it happens only now and then.
    """
    return lesson.teach(
        map(partial(_penalty_pass, lesson, state), batch), batch, state.discriminator_optimizer
    )


def _penalty_pass(lesson: Lesson, state: TrainState, portion: Portion) -> Pass:
    config = lesson.config
    randomness = portion.randomness(Phase.PENALTY)
    penalty = _slope(lesson, state, portion.real, randomness)
    loss = config.r1_weight(state.image_size) / 2 * config.r1_interval * penalty
    terms = {"d/r1": penalty.detach()}
    if config.stability.r2_gamma:
        with lesson.fabric.autocast(), torch.no_grad():
            generated = _generate(state, portion, randomness)
        penalty = _slope(lesson, state, generated.float(), randomness)
        loss = loss + config.stability.r2_gamma / 2 * config.r1_interval * penalty
        terms["d/r2"] = penalty.detach()
    return loss, terms


def _slope(
    lesson: Lesson, state: TrainState, images: Tensor, randomness: BatchRandomness
) -> Float[Tensor, ""]:
    images = images.detach().requires_grad_()
    with lesson.fabric.autocast():
        logits = lesson.judge(state, images, randomness)
    return losses.gradient_penalty(logits, images)


def warm_up_step(lesson: Lesson, state: TrainState, batch: Batch) -> Losses:
    """Teach E and G to reproduce photos, by pixels and features, without a discriminator."""

    def learn(portion: Portion) -> Pass:
        return _resemblance(lesson, state, portion.real, reconstruct(lesson, state, portion))

    return lesson.teach(
        map(learn, batch), batch, state.encoder_optimizer, state.generator_optimizer
    )


def reconstruction_step(
    lesson: Lesson, state: TrainState, batch: Batch, reconstructed: Tensor | None = None
) -> Losses:
    """Teach E and G to reproduce photos such that D takes the results for real.

    Args:
        lesson: Settings.
        state: Networks.
        batch: Photos.
        reconstructed: What `reconstruct` makes of the only portion, with its graph, if that is
            known already. E and G must not have learnt since.
    """
    weight = lesson.config.weights.domain_guided

    def learn(portion: Portion) -> Pass:
        made = reconstructed
        if made is None:
            made = reconstruct(lesson, state, portion)
        randomness = portion.randomness(Phase.RECONSTRUCTION)
        with lesson.fabric.autocast():
            guided = lesson.fool(state, made, portion.real, randomness)
        loss, terms = _resemblance(lesson, state, portion.real, made)
        return loss + weight * guided, terms | {"e/domain_guided": guided.detach()}

    return lesson.teach(
        map(learn, batch), batch, state.encoder_optimizer, state.generator_optimizer
    )


def draw_z(
    state: TrainState, portion: Portion, randomness: BatchRandomness
) -> Float[Tensor, "batch z"]:
    """Noise vectors for as many images as the portion has photos."""
    channels = state.generator.config.style_channels
    return randomness.normal(len(portion.real), channels, device=portion.real.device)


def draw_noise(state: TrainState, portion: Portion, randomness: BatchRandomness) -> list[Noise]:
    """Per-pixel noise for as many images as the portion has photos; none if G takes none."""
    real = portion.real
    return [
        randomness.normal(len(real), 1, side, side, device=real.device)
        for side in state.generator.synthesis.noise_sides
    ]


def _generate(
    state: TrainState, portion: Portion, randomness: BatchRandomness
) -> Float[Tensor, "batch 3 height width"]:
    z = draw_z(state, portion, randomness)
    return state.generator(z, draw_noise(state, portion, randomness))


def _resemblance(
    lesson: Lesson,
    state: TrainState,
    real: Float[Tensor, "batch 3 height width"],
    reconstructed: Float[Tensor, "batch 3 height width"],
) -> Pass:
    """Weighted pixel and perceptual loss of a reconstruction, and its terms."""
    config = lesson.config
    squared = losses.mean_squared_error(reconstructed, real)
    loss = config.weights.reconstruction * squared
    terms = {"e/reconstruction": squared.detach()}
    if lesson.distance is not None and state.images_seen >= config.perceptual_from:
        with lesson.fabric.autocast():
            perceptual = lesson.distance(reconstructed, real).mean()
        loss = loss + config.weights.perceptual * perceptual
        terms["e/perceptual"] = perceptual.detach()
    return loss, terms
