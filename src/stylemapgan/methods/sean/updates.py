"""The two updates of SEAN: everything is learned from reconstructing photos.

Source: Zhu et al., CVPR 2020, section 3.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import Adam

from stylemapgan import losses
from stylemapgan.augment import AdaptiveProbability, BatchRandomness, diff_augment
from stylemapgan.augment.diffaugment import TRANSFORMS
from stylemapgan.config import TrainConfig
from stylemapgan.methods.sean.networks import (
    RGB,
    Judgement,
    PairDiscriminator,
    SEANGenerator,
    StyleEncoder,
)
from stylemapgan.methods.sean.regions import own_layout, to_regions
from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.descent import Losses, Pass
from stylemapgan.training.microbatches import Microbatch, Phase, lay_out
from stylemapgan.training.recipe import Kept
from stylemapgan.training.schedule import factor_of_rate
from stylemapgan.training.state import AbstractTrainState, adam, set_rate

RATE, DISCRIMINATOR_RATE = 0.002, 0.008
"""The paper's 1e-4 and 4e-4 for equalised weights, which layers multiply by sqrt(2 / fan in): by
about 1/20 here, so that 0.002 moves them as far as 1e-4 would."""
BETAS = (0.0, 0.9)
FEATURE_MATCHING = 10.0
PERCEPTUAL = 10.0
"""Weights of the losses, where the adversarial one has weight 1."""
RECONSTRUCTED = "reconstructed"


@dataclass(kw_only=True)
class SEANState(AbstractTrainState):
    """Generator, style encoder and discriminator, and what trains them.

    Learning rates are the method's own; those of the configuration are StyleMapGAN's.
    """

    generator: SEANGenerator
    encoder: StyleEncoder
    discriminator: PairDiscriminator
    generator_ema: SEANGenerator
    encoder_ema: StyleEncoder
    generator_optimizer: Adam
    encoder_optimizer: Adam
    discriminator_optimizer: Adam

    def set_schedule(self, config: TrainConfig) -> None:
        """Set the learning rates, which fall in a cooldown."""
        factor = factor_of_rate(config, self.images_seen)
        set_rate(self.generator_optimizer, RATE * factor)
        set_rate(self.encoder_optimizer, RATE * factor)
        set_rate(self.discriminator_optimizer, DISCRIMINATOR_RATE * factor)


def assemble(networks: Mapping[str, Any], config: TrainConfig) -> SEANState:
    """Add optimisers to networks and averages."""
    names = ("generator", "encoder", "discriminator")
    optimizers: dict[str, Any] = {
        f"{name}_optimizer": adam(networks[name], BETAS, config) for name in names
    }
    return SEANState(**networks, **optimizers, ada=AdaptiveProbability())


def reconstruct(
    generator: SEANGenerator, encoder: StyleEncoder, photos: Tensor, label_maps: Tensor
) -> Float[Tensor, "batch 3 height width"]:
    """Encode photos with their label maps, and draw them again."""
    layout = own_layout(label_maps, len(generator.config.parts))
    return generator(encoder(photos, layout.regions), layout)


def discriminator_step(context: StepContext, state: SEANState, batch: Batch, kept: Kept) -> Losses:
    """Update D: hinge losses of photos and reconstructions, each with its label map."""
    if context.config.speed.share_forward_passes and len(batch) == 1:
        kept[RECONSTRUCTED] = _reconstruct(context, state, batch[0])

    def tell_apart(microbatch: Microbatch) -> Pass:
        with torch.no_grad():
            fake = kept[RECONSTRUCTED] if kept else _reconstruct(context, state, microbatch)
        phase = Phase.DISCRIMINATOR
        on_real = _judge(context, state, microbatch, microbatch.real, phase)
        on_fake = _judge(context, state, microbatch, fake.detach(), phase)
        terms = {
            "d/real": losses.hinge_real([each.logits for each in on_real]),
            "d/reconstructed": losses.hinge_fake([each.logits for each in on_fake]),
        }
        loss = terms["d/real"] + terms["d/reconstructed"]
        return loss, {name: term.detach() for name, term in terms.items()}

    return context.update(map(tell_apart, batch), batch, state.discriminator_optimizer)


def reconstruction_step(context: StepContext, state: SEANState, batch: Batch, kept: Kept) -> Losses:
    """Update G and E: adversarial loss + 10 feature matching + 10 perceptual distance."""

    def draw_again(microbatch: Microbatch) -> Pass:
        fake = kept[RECONSTRUCTED] if kept else _reconstruct(context, state, microbatch)
        phase = Phase.RECONSTRUCTION
        with torch.no_grad():
            on_real = _judge(context, state, microbatch, microbatch.real, phase)
        on_fake = _judge(context, state, microbatch, fake, phase)
        terms = {
            "g/adversarial": losses.raised([each.logits for each in on_fake]),
            "g/features": losses.feature_matching(
                [each.features for each in on_fake], [each.features for each in on_real]
            ),
        }
        loss = terms["g/adversarial"] + FEATURE_MATCHING * terms["g/features"]
        if context.distance is not None:
            with context.fabric.autocast():
                terms["g/perceptual"] = context.distance(fake, microbatch.real).mean()
            loss = loss + PERCEPTUAL * terms["g/perceptual"]
        return loss, {name: term.detach() for name, term in terms.items()}

    optimizers = state.generator_optimizer, state.encoder_optimizer
    return context.update(map(draw_again, batch), batch, *optimizers)


def augment_pairs(
    images: Float[Tensor, "batch 3 height width"],
    regions: Float[Tensor, "batch regions height width"],
    config: TrainConfig,
    randomness: BatchRandomness,
) -> tuple[Float[Tensor, "batch 3 height width"], Float[Tensor, "batch regions height width"]]:
    """Change images at random before D sees them; label maps move along.

    Args:
        images: RGB in [-1, 1].
        regions: Their label maps; `cutout` leaves no region in its hole.
        config: Names the changes.
        randomness: Equal states give equal results.
    """
    images = images.float()
    for name in config.augmentations:
        if name == "colour":
            images = diff_augment(images, [name], randomness)
        else:
            both = TRANSFORMS[name](torch.cat([images, regions], dim=1), randomness)
            images, regions = both[:, :RGB], both[:, RGB:]
    return lay_out(images, config), regions


def _reconstruct(context: StepContext, state: SEANState, microbatch: Microbatch) -> Tensor:
    with context.fabric.autocast():
        return reconstruct(state.generator, state.encoder, microbatch.real, _maps(microbatch))


def _judge(
    context: StepContext, state: SEANState, microbatch: Microbatch, images: Tensor, phase: Phase
) -> list[Judgement]:
    """Judge pictures of a microbatch; in one phase all are augmented alike."""
    regions = to_regions(_maps(microbatch), len(state.generator.config.parts))
    randomness = microbatch.randomness(phase)
    with context.fabric.autocast():
        return state.discriminator(*augment_pairs(images, regions, context.config, randomness))


def _maps(microbatch: Microbatch) -> Tensor:
    assert microbatch.label_maps is not None  # the recipe asks for them
    return microbatch.label_maps
