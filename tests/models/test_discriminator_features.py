"""The discriminator offers its activations, and judges as before."""

import pytest
import torch

from stylemapgan.config import ModelConfig, VectorConfig, preset
from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.models import Discriminator
from stylemapgan.models.discriminator import append_minibatch_stddev
from stylemapgan.models.layers import activate

TINY = preset("tiny-32").model


@pytest.fixture(params=[TINY, VECTOR_TINY_32], ids=["stylemap", "vector"])
def config(request) -> ModelConfig | VectorConfig:
    return request.param


def test_features_go_from_the_images_resolution_to_the_coarsest(config):
    features = Discriminator(config).features(torch.randn(3, 3, 32, 32))
    shapes = [tuple(each.shape) for each in features]
    assert shapes == [(3, 8, 32, 32), (3, 12, 16, 16), (3, 16, 8, 8), (3, 16, 4, 4)]


def test_each_block_of_the_trunk_leads_from_one_to_the_next():
    discriminator = Discriminator(TINY)
    images = torch.randn(2, 3, 32, 32)
    features = discriminator.features(images)
    for block, before, after in zip(
        discriminator.trunk, [images, *features[:-1]], features, strict=True
    ):
        assert torch.equal(block(before), after)


def test_the_logit_follows_from_the_last_features():
    discriminator = Discriminator(TINY)
    images = torch.randn(4, 3, 32, 32)
    last = append_minibatch_stddev(discriminator.features(images)[-1])
    hidden = activate(discriminator.hidden(activate(discriminator.last(last)).flatten(1)))
    torch.testing.assert_close(discriminator.to_logit(hidden), discriminator(images))


def test_images_beside_do_not_change_features():
    discriminator = Discriminator(TINY)
    images = torch.randn(4, 3, 32, 32)
    alone = discriminator.features(images[1:2])
    for together, own in zip(discriminator.features(images), alone, strict=True):
        torch.testing.assert_close(together[1:2], own)


def test_both_kinds_of_shapes_make_the_same_network():
    by_stylemap, by_vector = Discriminator(TINY), Discriminator(VECTOR_TINY_32)
    by_vector.load_state_dict(by_stylemap.state_dict())
    images = torch.randn(4, 3, 32, 32)
    assert torch.equal(by_vector(images), by_stylemap(images))
