"""How SEAN is trained: two updates of three networks, on photos with their label maps."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import RunConfig
from stylemapgan.errors import ConfigError
from stylemapgan.methods.network_files import pack_networks
from stylemapgan.methods.sean.networks import PairDiscriminator, SEANGenerator, StyleEncoder
from stylemapgan.methods.sean.regions import own_layout
from stylemapgan.methods.sean.updates import (
    SEANState,
    assemble,
    discriminator_step,
    reconstruct,
    reconstruction_step,
)
from stylemapgan.training.recipe import Recipe, Update

METHOD = "sean"


def _build(config: RunConfig) -> dict[str, nn.Module]:
    if config.training.ada.target:
        raise ConfigError(
            "The method sean cannot adapt augmentation, because label maps would have to follow: "
            "set ada.target to 0."
        )
    return {
        "generator": SEANGenerator(config.vector),
        "encoder": StyleEncoder(config.vector),
        "discriminator": PairDiscriminator(config.vector),
    }


def _forwards(networks: Mapping[str, Any], config: RunConfig) -> Mapping[str, Callable[[], object]]:
    generator, encoder = networks["generator"], networks["encoder"]
    size, parts = config.vector.image_size, len(config.vector.parts)
    image, label_map = torch.empty(1, 3, size, size), torch.empty(1, size, size, dtype=torch.uint8)
    styles, layout = (
        torch.empty(1, parts, config.vector.style_channels),
        own_layout(label_map, parts),
    )
    return {
        "generator": lambda: generator(styles, layout),
        "encoder": lambda: encoder(image, layout.regions),
        "discriminator": lambda: networks["discriminator"](image, layout.regions),
        "edit": lambda: reconstruct(generator, encoder, image, label_map),
    }


def _kept_bytes(config: RunConfig) -> int:
    """Count the photo and its label map."""
    return config.vector.image_size**2 * (3 * torch.float32.itemsize + 1)


def _reconstruct(state: SEANState, photos: Tensor, label_maps: Tensor) -> Tensor:
    return reconstruct(state.generator_ema, state.encoder_ema, photos, label_maps)


def _rows(state: SEANState, photos: Tensor, label_maps: Tensor) -> Mapping[str, Tensor]:
    """Draw photos again, with the styles of the next one, and half-way there."""
    generator = state.generator_ema
    layout = own_layout(label_maps, len(generator.config.parts))
    styles = state.encoder_ema(photos, layout.regions)
    following = styles.roll(-1, dims=0)
    return {
        "reconstructions": generator(styles, layout),
        "half-way to the next one's styles": generator((styles + following) / 2, layout),
        "styles of the next": generator(following, layout),
    }


def _pack(config: RunConfig, state: SEANState) -> MethodCheckpoint:
    networks = {"generator": state.generator_ema, "encoder": state.encoder_ema}
    return pack_networks(config, config.vector, networks, state.images_seen)


def _refuse_transfer(state: SEANState, name: str) -> NoReturn:
    raise ConfigError(f"init_from: {METHOD} starts from fresh weights only, got {name!r}.")


RECIPE = Recipe(
    method=METHOD,
    image_size=lambda config: config.vector.image_size,
    build=_build,
    averaged=("generator", "encoder"),
    assemble=assemble,
    updates=(
        Update(name="discriminator's update", run=discriminator_step),
        Update(name="generator's and encoder's update", run=reconstruction_step),
    ),
    forwards=_forwards,
    kept_bytes=_kept_bytes,
    reconstruct=_reconstruct,
    generate=None,
    z_channels=lambda config: config.vector.style_channels,
    rows=_rows,
    pack=_pack,
    transfer=_refuse_transfer,
    needs_label_maps=True,
)
