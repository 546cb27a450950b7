"""Our own networks in the released format.

Scale and shift apart, a leading axis on styled weights, blur kernels stored.
"""

import argparse
import re
from pathlib import Path

import torch
from torch import Tensor, nn

from stylemapgan.config import ModelConfig
from stylemapgan.interop import released_layout as layout
from stylemapgan.models import Discriminator, Encoder, Generator

KERNEL = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1]))


def in_released_format(
    network: nn.Module, names: layout.Names, blurs: set[str], *, gain: float
) -> dict[str, Tensor]:
    tensors = dict.fromkeys(blurs, KERNEL * gain / 64)
    ours = network.state_dict()
    for name, theirs in names.items():
        parts = ours[name].chunk(2) if len(theirs) == 2 else (ours[name],)
        for their_name, tensor in zip(theirs, parts, strict=True):
            styled = re.fullmatch(r"decoder\..*conv\.weight", their_name)
            tensors[their_name] = tensor[None] if styled else tensor
    return tensors


def released(config: ModelConfig, generator: Generator, encoder: Encoder) -> dict:
    generator_tensors = in_released_format(
        generator, layout.generator_names(config), layout.generator_blurs(config), gain=4
    )
    encoder_tensors = in_released_format(
        encoder, layout.encoder_names(config), layout.encoder_blurs(config), gain=1
    )
    return {
        "generator": generator_tensors,
        "g_ema": generator_tensors,
        "encoder": encoder_tensors,
        "e_ema": encoder_tensors,
        "discriminator": in_released_format(
            Discriminator(config),
            layout.discriminator_names(config),
            layout.discriminator_blurs(config),
            gain=1,
        ),
        "train_args": argparse.Namespace(normalize_mode="LayerNorm"),
    }


def with_networks_in_training(path: Path, folder: Path) -> Path:
    """Write a released checkpoint whose averaged networks are those in training."""
    with torch.serialization.safe_globals([argparse.Namespace]):
        content = torch.load(path, weights_only=True)
    content |= {"g_ema": content["generator"], "e_ema": content["encoder"]}
    torch.save(content, folder / path.name)
    return folder / path.name
