"""Widths that taper towards the image are read off the tensors.

The golden networks are equally wide everywhere, so here our own networks are put into the
released format: scale and shift apart, a leading axis on styled weights, blur kernels stored.
"""

import dataclasses

import pytest
import torch
from released_format import released

from stylemapgan.checkpoints.networks import build
from stylemapgan.config import preset
from stylemapgan.interop.released import read_released
from stylemapgan.models import Encoder, Generator

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
