"""One function per update of the networks.

Source: Kim et al., CVPR 2021, section 3.2: generator and encoder learn together with the
discriminator, in four updates.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from lightning_fabric import Fabric
from torch import Tensor

from stylemapgan import losses
from stylemapgan.augment import diff_augment
from stylemapgan.config import TrainConfig
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.training.descent import descend
from stylemapgan.training.state import TrainState

Losses = dict[str, Tensor]


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
        randomness: torch.Generator,
    ) -> Float[Tensor, "batch 1"]:
        """Ask the discriminator about augmented images."""
        images = diff_augment(images, self.config.augmentations, randomness)
        return state.discriminator(images.contiguous(memory_format=torch.channels_last))


def generator_step(
    lesson: Lesson, state: TrainState, z: Float[Tensor, "batch z"], randomness: torch.Generator
) -> Losses:
    """Teach F and G to fool D, then E to find the stylemap that a generated image came from."""
    weights = lesson.config.weights
    with lesson.fabric.autocast():
        stylemap = state.generator.mapping(z)
        generated = state.generator.synthesize(stylemap)
        adversarial = losses.logistic_real(lesson.judge(state, generated, randomness))
    descend(lesson.fabric, weights.adversarial * adversarial, state.generator_optimizer)

    with lesson.fabric.autocast():
        recovered = state.encoder(generated.detach())
        latent = losses.mean_squared_error(recovered, stylemap.detach())
    descend(lesson.fabric, weights.latent_reconstruction * latent, state.encoder_optimizer)
    return {"g/adversarial": adversarial.detach(), "e/latent": latent.detach()}


def discriminator_step(
    lesson: Lesson,
    state: TrainState,
    real: Float[Tensor, "batch 3 height width"],
    z: Float[Tensor, "batch z"],
    randomness: torch.Generator,
) -> Losses:
    """Teach D to tell real images from generated and reconstructed ones."""
    weights = lesson.config.weights
    with lesson.fabric.autocast():
        with torch.no_grad():
            generated = state.generator(z)
            reconstructed = state.generator.synthesize(state.encoder(real))
        on_real = losses.logistic_real(lesson.judge(state, real, randomness))
        on_generated = losses.logistic_fake(lesson.judge(state, generated, randomness))
        on_reconstructed = losses.logistic_fake(lesson.judge(state, reconstructed, randomness))
    loss = weights.discriminator * (on_real + on_generated)
    loss = loss + weights.discriminator_domain_guided * on_reconstructed
    descend(lesson.fabric, loss, state.discriminator_optimizer)
    return {
        "d/real": on_real.detach(),
        "d/generated": on_generated.detach(),
        "d/reconstructed": on_reconstructed.detach(),
    }


def penalty_step(
    lesson: Lesson,
    state: TrainState,
    real: Float[Tensor, "batch 3 height width"],
    randomness: torch.Generator,
) -> Losses:
    """Keep D flat around real images; weighted up because it happens only now and then."""
    real = real.detach().requires_grad_()
    with lesson.fabric.autocast():
        logits = lesson.judge(state, real, randomness)
    penalty = losses.gradient_penalty(logits, real)
    weight = lesson.config.r1_gamma / 2 * lesson.config.r1_interval
    descend(lesson.fabric, weight * penalty, state.discriminator_optimizer)
    return {"d/r1": penalty.detach()}


def warm_up_step(
    lesson: Lesson, state: TrainState, real: Float[Tensor, "batch 3 height width"]
) -> Losses:
    """Teach E and G to reproduce photos, by pixels and features, without a discriminator."""
    with lesson.fabric.autocast():
        reconstructed = state.generator.synthesize(state.encoder(real))
    loss, terms = _resemblance(lesson, state, real, reconstructed)
    descend(lesson.fabric, loss, state.encoder_optimizer, state.generator_optimizer)
    return terms


def reconstruction_step(
    lesson: Lesson,
    state: TrainState,
    real: Float[Tensor, "batch 3 height width"],
    randomness: torch.Generator,
) -> Losses:
    """Teach E and G to reproduce photos such that D takes the results for real."""
    with lesson.fabric.autocast():
        reconstructed = state.generator.synthesize(state.encoder(real))
        guided = losses.logistic_real(lesson.judge(state, reconstructed, randomness))
    loss, terms = _resemblance(lesson, state, real, reconstructed)
    loss = loss + lesson.config.weights.domain_guided * guided
    descend(lesson.fabric, loss, state.encoder_optimizer, state.generator_optimizer)
    return terms | {"e/domain_guided": guided.detach()}


def _resemblance(
    lesson: Lesson,
    state: TrainState,
    real: Float[Tensor, "batch 3 height width"],
    reconstructed: Float[Tensor, "batch 3 height width"],
) -> tuple[Float[Tensor, ""], Losses]:
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
