"""How Structured Noise is trained: the backbone's game, without an encoder."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam

from stylemapgan.augment import AdaptiveProbability
from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import RunConfig, TrainConfig
from stylemapgan.errors import ConfigError
from stylemapgan.methods.backbone.adversarial import (
    discriminator_step,
    generator_step,
    make_optimizers,
    penalty_step,
    set_rates,
)
from stylemapgan.methods.backbone.mapping import mean_w_plus
from stylemapgan.methods.network_files import pack_networks
from stylemapgan.methods.structured_noise.networks import (
    Codes,
    StructuredGenerator,
    code_shapes,
    grid_shapes,
)
from stylemapgan.models import Discriminator
from stylemapgan.training.adaptation import adapt_augmentation
from stylemapgan.training.recipe import Recipe, Update
from stylemapgan.training.state import AbstractTrainState

METHOD = "structured-noise"
SEED = 0
"""Of the noise of random images."""
TRUNCATION = 0.7
"""Of the random images on a sample sheet."""


@dataclass(kw_only=True)
class StructuredState(AbstractTrainState):
    """Generator and discriminator, and what trains them."""

    generator: StructuredGenerator
    discriminator: Discriminator
    generator_ema: StructuredGenerator
    generator_optimizer: Adam
    discriminator_optimizer: Adam

    def set_schedule(self, config: TrainConfig) -> None:
        """Set the optimisers' learning rates for the images seen so far."""
        set_rates(self, config)


def truncate(generator: StructuredGenerator, codes: Codes, psi: float) -> Codes:
    """Pull codes towards their means: 0 for all but w, whose mean is measured."""
    mean = mean_w_plus(generator.mapping)[:, 0]
    pulled = Codes(*(psi * each for each in codes))
    return pulled._replace(style=mean + psi * (codes.style - mean))


def _build(config: RunConfig) -> dict[str, nn.Module]:
    return {
        "generator": StructuredGenerator(grid_shapes(config.vector)),
        "discriminator": Discriminator(config.vector),
    }


def _assemble(networks: Mapping[str, Any], config: TrainConfig) -> StructuredState:
    optimizers = make_optimizers(networks, config)
    return StructuredState(**networks, **optimizers, ada=AdaptiveProbability())


def _forwards(networks: Mapping[str, Any], config: RunConfig) -> Mapping[str, Callable[[], object]]:
    """Count generating alone as an edit: an encoding takes as many passes as it has steps."""
    generator, size = networks["generator"], config.vector.image_size
    z = torch.empty(1, generator.z_channels)
    return {
        "generator": lambda: generator(z),
        "discriminator": lambda: networks["discriminator"](torch.empty(1, 3, size, size)),
        "edit": lambda: generator.synthesize(generator.split(z)),
    }


def _generate(state: StructuredState, z: Tensor) -> Tensor:
    generator = state.generator_ema
    return generator(z, generator.synthesis.fixed_noise(SEED))


def _rows(state: StructuredState, photos: Tensor) -> Mapping[str, Tensor]:
    """Draw random images, and again with other local codes in their lower half."""
    generator = state.generator_ema
    noise = generator.synthesis.fixed_noise(SEED)
    randomness = torch.Generator().manual_seed(SEED)
    first, second = torch.randn(2, len(photos), generator.z_channels, generator=randomness)
    ours, theirs = (
        truncate(generator, generator.mapped(generator.split(z.to(photos.device))), TRUNCATION)
        for z in (first, second)
    )
    half = ours.local.shape[2] // 2
    mixed = torch.cat([ours.local[:, :, :half], theirs.local[:, :, half:]], dim=2)
    return {
        "random": generator.synthesize(ours, noise),
        "lower half drawn anew": generator.synthesize(ours._replace(local=mixed), noise),
        "random, more": generator.synthesize(theirs, noise),
    }


def _pack(config: RunConfig, state: StructuredState) -> MethodCheckpoint:
    networks = {"generator": state.generator_ema}
    return pack_networks(config, grid_shapes(config.vector), networks, state.images_seen)


def _refuse_transfer(state: StructuredState, name: str) -> str:
    raise ConfigError(f"init_from: {METHOD} starts from fresh weights only, got {name!r}.")


RECIPE = Recipe(
    method=METHOD,
    image_size=lambda config: config.vector.image_size,
    build=_build,
    averaged=("generator",),
    assemble=_assemble,
    updates=(
        Update(name="generator's update", run=generator_step),
        Update(name="discriminator's update", run=discriminator_step),
        Update(name="gradient penalty", run=penalty_step, every=lambda config: config.r1_interval),
    ),
    forwards=_forwards,
    kept_bytes=lambda config: 3 * config.vector.image_size**2 * torch.float32.itemsize,
    reconstruct=None,
    generate=_generate,
    z_channels=lambda config: sum(map(math.prod, code_shapes(grid_shapes(config.vector)))),
    rows=_rows,
    pack=_pack,
    transfer=_refuse_transfer,
    compiled=lambda state: [state.generator],
    finish=adapt_augmentation,
)
