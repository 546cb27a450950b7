"""Style encoder, generator and discriminator of SEAN."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.errors import ConfigError
from stylemapgan.methods.sean.networks import PairDiscriminator, SEANGenerator, StyleEncoder
from stylemapgan.methods.sean.regions import own_layout

PARTS = ("wall", "face", "hair")
CONFIG = dataclasses.replace(VECTOR_TINY_32, parts=PARTS)


def halves() -> Tensor:
    """The wall above; below it a face in the first picture, hair in the second."""
    label_maps = torch.zeros(2, 32, 32, dtype=torch.uint8)
    label_maps[0, 16:], label_maps[1, 16:] = 1, 2
    return label_maps


def test_the_encoder_finds_a_style_for_each_region_that_a_photo_shows():
    encoder, layout = StyleEncoder(CONFIG), own_layout(halves(), 3)
    styles = encoder(torch.randn(2, 3, 32, 32), layout.regions)
    assert styles.shape == (2, 3, 8)
    assert styles.abs().max() <= 1
    shown = styles.abs().amax(dim=2) > 0
    assert shown.tolist() == [[True, True, False], [True, False, True]]


def test_a_style_comes_from_its_region():
    """Its receptive field reaches a little beyond the region, so rows far below change."""
    encoder, regions = StyleEncoder(CONFIG), own_layout(halves(), 3).regions
    photos = torch.randn(2, 3, 32, 32)
    changed = photos.clone()
    changed[:, :, 30:] += 1
    before, after = (encoder(each, regions) for each in (photos, changed))
    torch.testing.assert_close(after[:, 0], before[:, 0], atol=1e-6, rtol=0)
    assert (after[0, 1] - before[0, 1]).abs().max() > 1e-4


def test_the_generator_draws_pictures_from_styles_and_label_maps():
    generator = SEANGenerator(CONFIG)
    styles, layout = torch.randn(2, 3, 8), own_layout(halves(), 3)
    pictures = generator(styles, layout)
    assert pictures.shape == (2, 3, 32, 32)
    assert pictures.abs().max() <= 1
    turned = own_layout(halves().flip(1), 3)
    assert (generator(styles, turned) - pictures).abs().max() > 1e-2
    other = styles.clone()
    other[:, 0] += 1
    assert (generator(other, layout) - pictures).abs().max() > 1e-2


def test_the_style_of_a_region_that_is_not_shown_changes_nothing():
    generator, layout = SEANGenerator(CONFIG), own_layout(halves(), 3)
    styles = torch.randn(2, 3, 8)
    other = styles.clone()
    other[0, 2] += 1
    torch.testing.assert_close(generator(other, layout)[0], generator(styles, layout)[0])


def test_the_second_discriminator_sees_half_as_many_pixels_along_a_side():
    discriminator = PairDiscriminator(CONFIG)
    images, regions = torch.randn(2, 3, 32, 32), own_layout(halves(), 3).regions
    found = discriminator(images, regions)
    assert [tuple(each.logits.shape) for each in found] == [(2, 1, 4, 4), (2, 1, 2, 2)]
    sides = [[each.shape[-1] for each in judgement.features] for judgement in found]
    assert sides == [[32, 16, 8, 4, 4], [16, 8, 4, 2, 2]]
    pairs = torch.cat([images, regions], dim=1)
    halved = F.interpolate(pairs, size=16, mode="bilinear", antialias=False)
    torch.testing.assert_close(discriminator.scales[1](halved).logits, found[1].logits)


def test_discriminators_judge_a_picture_together_with_its_label_map():
    discriminator, images = PairDiscriminator(CONFIG), torch.randn(2, 3, 32, 32)
    own, other = (
        discriminator(images, own_layout(label_maps, 3).regions)
        for label_maps in (halves(), halves().flip(1))
    )
    for one, two in zip(own, other, strict=True):
        assert (one.logits - two.logits).abs().max() > 1e-3


def test_shapes_that_the_networks_cannot_have_are_refused():
    small = dataclasses.replace(
        CONFIG,
        image_size=8,
        generator_widths=(8, 8),
        encoder_widths=(8, 8),
        discriminator_widths=(8, 8),
    )
    with pytest.raises(ConfigError, match="at least 16 pixels, got 8"):
        SEANGenerator(small)
    with pytest.raises(ConfigError, match="names of at least 2 parts, got 0"):
        StyleEncoder(VECTOR_TINY_32)
