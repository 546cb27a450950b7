"""How StyleMapGAN is trained: four updates of three networks.

Source: Kim et al., CVPR 2021, section 3.2. The warm-up on reconstruction is ours.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from stylemapgan.checkpoints.file import Checkpoint
from stylemapgan.checkpoints.networks import pack
from stylemapgan.config import RunConfig, TrainConfig
from stylemapgan.data import AbstractPhotos
from stylemapgan.editing.operations import truncate
from stylemapgan.methods.stylemapgan import steps
from stylemapgan.methods.stylemapgan.prior import give_head_start
from stylemapgan.methods.stylemapgan.state import StyleMapGANState, assemble, build_networks
from stylemapgan.methods.stylemapgan.transfer import load_pretrained, transfer
from stylemapgan.models import Generator
from stylemapgan.training.adaptation import adapt_augmentation
from stylemapgan.training.context import Batch, StepContext
from stylemapgan.training.descent import Losses
from stylemapgan.training.microbatches import Phase, random_source
from stylemapgan.training.recipe import Kept, Recipe, Span, Update

METHOD = "stylemapgan"
RECONSTRUCTED = "reconstructed"
"""What the discriminator's update keeps: E and G do not change before the last update."""


def stylemapgan_recipe(generator_class: type[Generator] = Generator) -> Recipe[StyleMapGANState]:
    """Make the recipe.

    Args:
        generator_class: A variant of the generator to compare with.
    """
    return Recipe(
        method=METHOD,
        image_size=lambda config: config.model.image_size,
        build=partial(build_networks, generator_class=generator_class),
        averaged=("generator", "encoder"),
        assemble=assemble,
        updates=UPDATES,
        forwards=_forwards,
        kept_bytes=_kept_bytes,
        reconstruct=_reconstruct,
        generate=_generate,
        z_channels=lambda config: config.model.style_channels,
        rows=_rows,
        pack=_pack,
        transfer=lambda state, name: str(transfer(state, load_pretrained(name))),
        compiled=lambda state: [state.generator.resizer, state.generator.synthesis, state.encoder],
        phases=_phases,
        end_warm_up=_end_warm_up,
        finish=adapt_augmentation,
    )


def _warm_up(config: TrainConfig) -> Span:
    return 0.0, float(config.adversarial_from)


def _head_start(config: TrainConfig) -> Span:
    end = float(config.adversarial_from)
    return end - config.discriminator_head_start, end


def _adversarial(config: TrainConfig) -> Span:
    return float(config.adversarial_from), math.inf


def _discriminating(config: TrainConfig) -> Span:
    return _head_start(config)[0], math.inf


def _generator(context: StepContext, state: StyleMapGANState, batch: Batch, kept: Kept) -> Losses:
    del kept
    return steps.generator_step(context, state, batch)


def _discriminator_head_start(
    context: StepContext, state: StyleMapGANState, batch: Batch, kept: Kept
) -> Losses:
    _share_reconstruction(context, state, batch, kept)
    return steps.head_start_step(context, state, batch, kept.get(RECONSTRUCTED))


def _discriminator(
    context: StepContext, state: StyleMapGANState, batch: Batch, kept: Kept
) -> Losses:
    _share_reconstruction(context, state, batch, kept)
    shared = kept.get(RECONSTRUCTED)
    losses = steps.discriminator_step(context, state, batch, shared)
    return losses | steps.feature_discriminator_step(context, state, batch, shared)


def _share_reconstruction(
    context: StepContext, state: StyleMapGANState, batch: Batch, kept: Kept
) -> None:
    if context.config.speed.share_forward_passes and len(batch) == 1:
        kept[RECONSTRUCTED] = steps.reconstruct(context, state, batch[0])


def _penalty(context: StepContext, state: StyleMapGANState, batch: Batch, kept: Kept) -> Losses:
    del kept
    return steps.penalty_step(context, state, batch)


def _reconstruction_alone(
    context: StepContext, state: StyleMapGANState, batch: Batch, kept: Kept
) -> Losses:
    return steps.warm_up_step(context, state, batch, kept.pop(RECONSTRUCTED, None))


def _reconstruction(
    context: StepContext, state: StyleMapGANState, batch: Batch, kept: Kept
) -> Losses:
    return steps.reconstruction_step(context, state, batch, kept.pop(RECONSTRUCTED, None))


UPDATES = (
    Update(name="discriminator's head start", run=_discriminator_head_start, span=_head_start),
    Update(name="generator's update", run=_generator, span=_adversarial),
    Update(name="discriminator's update", run=_discriminator, span=_adversarial),
    Update(
        name="gradient penalty",
        run=_penalty,
        span=_discriminating,
        every=lambda config: config.r1_interval,
    ),
    Update(name="warm-up", run=_reconstruction_alone, span=_warm_up),
    Update(name="reconstruction's update", run=_reconstruction, span=_adversarial),
)


def _phases(config: TrainConfig) -> dict[str, int]:
    starts = {"adversarial": config.adversarial_from}
    if config.perceptual_network != "none":
        starts["perceptual"] = config.perceptual_from
    return starts


def _end_warm_up(
    state: StyleMapGANState, config: TrainConfig, photos: AbstractPhotos
) -> list[nn.Module]:
    if not config.mapping_head_start:
        return []
    randomness = random_source(config.seed, state.images_seen, Phase.HEAD_START)
    give_head_start(state, photos, is_mirrored=config.horizontal_flips, randomness=randomness)
    return [state.generator.mapping, state.generator_ema.mapping]


def _forwards(networks: Mapping[str, Any], config: RunConfig) -> Mapping[str, Callable[[], object]]:
    generator, encoder = networks["generator"], networks["encoder"]
    size = config.model.image_size
    image = torch.empty(1, 3, size, size)
    return {
        "generator": lambda: generator(torch.empty(1, config.model.style_channels)),
        "encoder": lambda: encoder(image),
        "discriminator": lambda: networks["discriminator"](image),
        "edit": lambda: generator.synthesize(encoder(image)),
    }


def _kept_bytes(config: RunConfig) -> int:
    """Count photo, generated image and stylemap of each image."""
    model = config.model
    values = 2 * 3 * model.image_size**2 + model.style_channels * model.stylemap_size**2
    return values * torch.float32.itemsize


def _reconstruct(state: StyleMapGANState, photos: Tensor) -> Tensor:
    return state.generator_ema.synthesize(state.encoder_ema(photos))


def _generate(state: StyleMapGANState, z: Tensor) -> Tensor:
    """Generate without truncation."""
    return state.generator_ema(z)


def _pack(config: RunConfig, state: StyleMapGANState) -> Checkpoint:
    return pack(
        config.model,
        state.generator_ema,
        state.encoder_ema,
        images_seen=state.images_seen,
        licence=config.data.licence,
        data=config.data.statement,
    )


TRUNCATION = 0.7
"""Of the random images on a sample sheet."""
SAMPLES_OF_MEAN = 1_000


def _rows(state: StyleMapGANState, photos: Tensor) -> Mapping[str, Tensor]:
    """Draw reconstructions, half-and-half edits and random generations."""
    generator = state.generator_ema
    stylemaps = state.encoder_ema(photos)
    columns = stylemaps.shape[-1]
    halves = stylemaps.clone()
    halves[..., columns // 2 :] = stylemaps.roll(-1, dims=0)[..., columns // 2 :]
    count = len(photos)
    return {
        "reconstructions": generator.synthesize(stylemaps),
        "left half of one, right half of the next": generator.synthesize(halves),
        "random": generator.synthesize(_random_stylemaps(generator, count)),
        "random, more": generator.synthesize(_random_stylemaps(generator, count, seed=1)),
    }


def _random_stylemaps(generator: Generator, count: int, seed: int = 0) -> Tensor:
    randomness = torch.Generator().manual_seed(seed)
    device = next(generator.parameters()).device
    channels = generator.config.style_channels
    z = torch.randn(SAMPLES_OF_MEAN + count, channels, generator=randomness)
    stylemaps = generator.mapping(z.to(device))
    mean = stylemaps[:SAMPLES_OF_MEAN].mean(dim=0, keepdim=True)
    return truncate(stylemaps[SAMPLES_OF_MEAN:], mean, TRUNCATION)


STYLEMAPGAN = stylemapgan_recipe()
