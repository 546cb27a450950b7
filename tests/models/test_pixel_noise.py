"""Per-pixel noise is off in the paper's networks; where it is on, it changes what it should."""

import dataclasses

import pytest
import torch

from stylemapgan.config import preset
from stylemapgan.models import Generator
from stylemapgan.models.noise import PixelNoise

TINY = preset("tiny-32").model
NOISY = dataclasses.replace(TINY, pixel_noise=True)
SIDES = [4, 8, 8, 16, 16, 32, 32]


@pytest.fixture
def generator() -> Generator:
    """A generator in which every noise shows."""
    noisy = Generator(NOISY)
    for module in noisy.modules():
        if isinstance(module, PixelNoise):
            torch.nn.init.constant_(module.amount, 0.3)
    return noisy


def test_every_position_gets_its_noise_in_all_channels_alike():
    layer = PixelNoise(3)
    torch.nn.init.constant_(layer.amount, 0.25)
    features, noise = torch.randn(2, 4, 3, 3), torch.randn(2, 1, 3, 3)
    found = layer(features, noise)
    for image in range(2):
        for channel in range(4):
            for row in range(3):
                for column in range(3):
                    expected = features[image, channel, row, column].item()
                    expected += 0.25 * noise[image, 0, row, column].item()
                    assert found[image, channel, row, column].item() == pytest.approx(
                        expected, abs=1e-6
                    )


def test_the_papers_networks_have_no_noise():
    generator = Generator(TINY)
    assert generator.synthesis.noise_sides == []
    assert not any("noise" in name for name in generator.state_dict())


def test_noise_begins_with_no_effect():
    generator = Generator(NOISY)
    assert generator.synthesis.noise_sides == SIDES
    stylemap = torch.randn(2, 8, 4, 4)
    noise = [torch.randn(2, 1, side, side) for side in SIDES]
    assert torch.equal(generator.synthesize(stylemap, noise), generator.synthesize(stylemap))


def test_equal_stylemaps_give_equal_images_unless_noise_is_given(generator):
    stylemap = torch.randn(1, 8, 4, 4).expand(2, -1, -1, -1)
    fixed = generator.synthesize(stylemap)
    torch.testing.assert_close(fixed[0], fixed[1])
    one, other = generator.synthesize(stylemap, [torch.randn(2, 1, side, side) for side in SIDES])
    assert (one - other).abs().mean() > 0.01
    assert (one - fixed[0]).abs().mean() > 0.01


@pytest.mark.parametrize("index", range(len(SIDES)))
def test_each_noise_reaches_the_layer_of_its_resolution(generator, index):
    stylemap = torch.randn(1, 8, 4, 4)
    layers = [module for module in generator.modules() if isinstance(module, PixelNoise)]
    patterns = [layer.pattern for layer in layers]
    fixed = generator.synthesize(stylemap)
    torch.testing.assert_close(generator.synthesize(stylemap, patterns), fixed)

    given = list(patterns)
    given[index] = torch.randn_like(given[index])
    with_given = generator.synthesize(stylemap, given)
    layers[index].pattern = given[index]
    torch.testing.assert_close(generator.synthesize(stylemap), with_given)
    assert not torch.allclose(with_given, fixed)


def test_gradients_reach_every_amount():
    generator = Generator(NOISY)
    generator(torch.randn(2, 8)).square().mean().backward()
    amounts = [value for name, value in generator.named_parameters() if name.endswith("amount")]
    assert len(amounts) == len(SIDES)
    assert all(amount.grad is not None and amount.grad.abs() > 0 for amount in amounts)
