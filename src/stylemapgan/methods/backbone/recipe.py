"""How the vector backbone is trained: first a generator, then an encoder into its domain.

The generator is trained against a discriminator (Karras et al., CVPR 2020: logistic loss and lazy
R1). Then it is frozen, and the encoder learns to reconstruct photos with it so that the
discriminator, which goes on learning, takes the results for real (Zhu et al., ECCV 2020,
"domain-guided encoder").

One run does both: the last third of its images trains the encoder.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from stylemapgan import losses
from stylemapgan.augment import BatchRandomness
from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import RunConfig, TrainConfig
from stylemapgan.errors import ConfigError
from stylemapgan.methods.backbone import adversarial
from stylemapgan.methods.backbone.adversarial import (
    draw_noise,
    generator_step,
    penalty_step,
    separate,
)
from stylemapgan.methods.backbone.mapping import mean_w_plus, truncate
from stylemapgan.methods.backbone.state import BackboneState, assemble, build_networks
from stylemapgan.methods.network_files import pack_networks
from stylemapgan.training.adaptation import adapt_augmentation
from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.descent import Losses, Pass
from stylemapgan.training.microbatches import Microbatch, Phase
from stylemapgan.training.recipe import Kept, Recipe, Span, Update

METHOD = "backbone"
ENCODER_SHARE = 1 / 3
"""Share of a run's images that trains the encoder."""
ADVERSARIAL = 0.08
"""Weight of the encoder's adversarial loss, where the squared error has weight 1."""
SEED = 0
"""Of the noise of reconstructions and random images."""
TRUNCATION = 0.7
"""Of the random images on a sample sheet."""


def encoder_from(config: TrainConfig) -> int:
    """Count the images after which the generator is frozen and the encoder learns."""
    batches = config.images * (1 - ENCODER_SHARE) / config.batch
    return math.ceil(batches) * config.batch


def _before_encoder(config: TrainConfig) -> Span:
    return 0.0, float(encoder_from(config))


def _encoder_span(config: TrainConfig) -> Span:
    return float(encoder_from(config)), math.inf


def discriminator_step(
    context: StepContext, state: BackboneState, batch: Batch, kept: Kept
) -> Losses:
    """Update D to separate photos from generated images, or later from reconstructions."""
    if state.images_seen < encoder_from(context.config):
        return adversarial.discriminator_step(context, state, batch, kept)

    def reconstruct(microbatch: Microbatch, randomness: BatchRandomness) -> Tensor:
        noise = draw_noise(state.generator, randomness, microbatch.real)
        return state.generator.synthesize(state.encoder(microbatch.real), noise)

    return separate(context, state, batch, reconstruct, "d/reconstructed")


def encoder_step(context: StepContext, state: BackboneState, batch: Batch, kept: Kept) -> Losses:
    """Update E to reconstruct photos through the frozen G, so that D takes the results for real.

    The published weights are 1 for the squared error, 5e-5 for VGG16's features of pixels from 0
    to 255, and 0.08 for D. Here features are those of the configured perceptual network, weighted
    as StyleMapGAN weights them against the squared error.

    Source: Zhu et al., ECCV 2020, equation 4.
    """
    del kept
    weights = context.config.weights

    def encoder_pass(microbatch: Microbatch) -> Pass:
        randomness = microbatch.randomness(Phase.RECONSTRUCTION)
        real = microbatch.real
        with context.fabric.autocast():
            noise = draw_noise(state.generator_ema, randomness, real)
            images = state.generator_ema.synthesize(state.encoder(real), noise)
            guided = context.adversarial_loss(state, images, real, randomness)
        squared = losses.mean_squared_error(images, real)
        terms = {"e/reconstruction": squared, "e/domain_guided": guided}
        loss = squared + ADVERSARIAL * guided
        if context.distance is not None:
            with context.fabric.autocast():
                terms["e/perceptual"] = context.distance(images, real).mean()
            loss = loss + weights.perceptual / weights.reconstruction * terms["e/perceptual"]
        return loss, {name: term.detach() for name, term in terms.items()}

    return context.update(map(encoder_pass, batch), batch, state.encoder_optimizer)


def _forwards(networks: Mapping[str, Any], config: RunConfig) -> Mapping[str, Callable[[], object]]:
    generator, encoder, size = networks["generator"], networks["encoder"], config.vector.image_size
    image = torch.empty(1, 3, size, size)
    return {
        "generator": lambda: generator(torch.empty(1, config.vector.style_channels)),
        "encoder": lambda: encoder(image),
        "discriminator": lambda: networks["discriminator"](image),
        "edit": lambda: generator.synthesize(encoder(image)),
    }


def _kept_bytes(config: RunConfig) -> int:
    """Count the photo and its style vectors."""
    vector = config.vector
    values = 3 * vector.image_size**2 + vector.layers * vector.style_channels
    return values * torch.float32.itemsize


def _reconstruct(state: BackboneState, photos: Tensor) -> Tensor:
    generator = state.generator_ema
    noise = generator.synthesis.fixed_noise(SEED)
    return generator.synthesize(state.encoder_ema(photos), noise)


def _generate(state: BackboneState, z: Tensor) -> Tensor:
    generator = state.generator_ema
    return generator(z, generator.synthesis.fixed_noise(SEED))


def _rows(state: BackboneState, photos: Tensor) -> Mapping[str, Tensor]:
    """Draw reconstructions and random images."""
    generator = state.generator_ema
    noise = generator.synthesis.fixed_noise(SEED)
    mean = mean_w_plus(generator.mapping, SEED)
    rows = {"reconstructions": _reconstruct(state, photos)}
    for title, seed in (("random", 0), ("random, more", 1)):
        randomness = torch.Generator().manual_seed(seed)
        z = torch.randn(len(photos), generator.config.style_channels, generator=randomness)
        w_plus = truncate(generator.mapping(z.to(photos.device)), mean, TRUNCATION)
        rows[title] = generator.synthesize(w_plus, noise)
    return rows


def _pack(config: RunConfig, state: BackboneState) -> MethodCheckpoint:
    """Keep the discriminator too: methods use its activations."""
    networks = {
        "generator": state.generator_ema,
        "encoder": state.encoder_ema,
        "discriminator": state.discriminator,
    }
    return pack_networks(config, config.vector, networks, state.images_seen)


def _refuse_transfer(state: BackboneState, name: str) -> str:
    raise ConfigError(f"init_from: the method {METHOD} starts with fresh weights, not with {name}.")


BACKBONE = Recipe(
    method=METHOD,
    image_size=lambda config: config.vector.image_size,
    build=build_networks,
    averaged=("generator", "encoder"),
    assemble=assemble,
    updates=(
        Update(name="generator's update", run=generator_step, span=_before_encoder),
        Update(name="discriminator's update", run=discriminator_step),
        Update(name="gradient penalty", run=penalty_step, every=lambda config: config.r1_interval),
        Update(name="encoder's update", run=encoder_step, span=_encoder_span),
    ),
    forwards=_forwards,
    kept_bytes=_kept_bytes,
    reconstruct=_reconstruct,
    generate=_generate,
    z_channels=lambda config: config.vector.style_channels,
    rows=_rows,
    pack=_pack,
    transfer=_refuse_transfer,
    compiled=lambda state: [state.generator.synthesis, state.encoder],
    phases=lambda config: {"encoder": encoder_from(config)},
    finish=adapt_augmentation,
)
