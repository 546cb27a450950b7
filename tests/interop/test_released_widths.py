"""Widths that taper towards the image are read off the tensors.

The golden networks are equally wide everywhere, so here our own networks are put into the
released format: scale and shift apart, a leading axis on styled weights, blur kernels stored.
"""

import argparse
import dataclasses
import re

import pytest
import torch
from torch import Tensor, nn

from stylemapgan.checkpoints.networks import build
from stylemapgan.config import ModelConfig, preset
from stylemapgan.interop import released_layout as layout
from stylemapgan.interop.released import read_released
from stylemapgan.models import Discriminator, Encoder, Generator

TINY = preset("tiny-32").model
CONFIGS = {
    "tapering": dataclasses.replace(
        TINY, encoder_widths=(20, 14, 10, 6), discriminator_widths=(18, 13, 11, 7)
    ),
    "light": dataclasses.replace(TINY, resizer_widths=(8, 8, 8, 8)),
    "batch": dataclasses.replace(TINY, normalisation="batch"),
    "48-pixels": dataclasses.replace(
        TINY, image_size=48, stylemap_size=6, discriminator_widths=(16, 13, 11, 7)
    ),
}
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


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_networks_come_back_from_the_released_format(tmp_path, config):
    generator, encoder = Generator(config).eval(), Encoder(config).eval()
    torch.save(released(config, generator, encoder), tmp_path / "released.pt")

    checkpoint = read_released(tmp_path / "released.pt")

    assert checkpoint.config == config
    assert checkpoint.images_seen == 0  # these settings do not tell
    images = torch.rand(2, 3, config.image_size, config.image_size)
    networks = build(checkpoint)
    with torch.no_grad():
        expected = generator.synthesize(encoder(images))
        assert torch.equal(networks.generator.synthesize(networks.encoder(images)), expected)
