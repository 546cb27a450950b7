"""The ablation's generator adds noise in every layer but the last; the paper's has none."""

from pathlib import Path
from typing import Any

import pytest
import torch

from stylemapgan.checkpoints.networks import build, load, pack
from stylemapgan.config import ModelConfig, from_dict, preset, to_dict
from stylemapgan.errors import CheckpointError, ConfigError
from stylemapgan.models import Encoder, Generator

ROOT = Path(__file__).parents[2]
TINY = preset("tiny-32").model
SIDES = [4, 8, 8, 16, 16, 32, 32]


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


@pytest.fixture
def generator() -> Any:
    """A generator in which every noise shows."""
    from benchmarks.paper.pixel_noise import NoisyGenerator

    noisy = NoisyGenerator(TINY)
    for layer in noise_layers(noisy):
        torch.nn.init.constant_(layer.amount, 0.3)
    return noisy


def noise_layers(generator: torch.nn.Module) -> list[Any]:
    from benchmarks.paper.pixel_noise import PixelNoise

    return [module for module in generator.modules() if isinstance(module, PixelNoise)]


def test_every_position_gets_its_noise_in_all_channels_alike():
    from benchmarks.paper.pixel_noise import PixelNoise

    layer = PixelNoise(3).eval()
    torch.nn.init.constant_(layer.amount, 0.25)
    features = torch.randn(2, 4, 3, 3)
    found = layer(features)
    for image in range(2):
        for channel in range(4):
            for row in range(3):
                for column in range(3):
                    expected = features[image, channel, row, column].item()
                    expected += 0.25 * layer.pattern[0, 0, row, column].item()
                    assert found[image, channel, row, column].item() == pytest.approx(
                        expected, abs=1e-6
                    )


def test_the_papers_networks_have_no_noise():
    assert not any("noise" in name for name in Generator(TINY).state_dict())


def test_noise_begins_with_no_effect():
    from benchmarks.paper.pixel_noise import NoisyGenerator

    generator = NoisyGenerator(TINY)
    assert [layer.pattern.shape[-1] for layer in noise_layers(generator)] == SIDES
    stylemap = torch.randn(2, 8, 4, 4)
    assert torch.equal(generator.synthesize(stylemap), generator.eval().synthesize(stylemap))


def test_equal_stylemaps_give_equal_images_but_in_training(generator):
    stylemap = torch.randn(1, 8, 4, 4).expand(2, -1, -1, -1)
    one, other = generator.train().synthesize(stylemap)
    fixed = generator.eval().synthesize(stylemap)
    torch.testing.assert_close(fixed[0], fixed[1])
    assert (one - other).abs().mean() > 0.01
    assert (one - fixed[0]).abs().mean() > 0.01


def test_a_generator_with_the_same_seed_draws_the_same_noise(generator):
    stylemap = torch.randn(2, 8, 4, 4)
    drawn = []
    for seed in (5, 5, 6):
        generator.reseed(seed)
        drawn.append(generator.synthesize(stylemap))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.allclose(drawn[0], drawn[2])


@pytest.mark.parametrize("index", range(len(SIDES)))
def test_each_noise_reaches_the_image(generator, index):
    generator.eval()
    stylemap = torch.randn(1, 8, 4, 4)
    fixed = generator.synthesize(stylemap)
    layer = noise_layers(generator)[index]
    layer.pattern = torch.randn_like(layer.pattern)
    assert not torch.allclose(generator.synthesize(stylemap), fixed)


def test_gradients_reach_every_amount(generator):
    generator(torch.randn(2, 8)).square().mean().backward()
    amounts = [value for name, value in generator.named_parameters() if name.endswith("amount")]
    assert len(amounts) == len(SIDES)
    assert all(amount.grad is not None and amount.grad.abs() > 0 for amount in amounts)


def test_a_model_file_keeps_amounts_and_patterns(generator, tmp_path):
    from benchmarks.paper.pixel_noise import NoisyGenerator

    from stylemapgan import checkpoints

    packed = pack(TINY, generator, Encoder(TINY), images_seen=1, licence="CC0-1.0", data="none")
    checkpoints.write(tmp_path / "noisy.safetensors", packed)
    loaded = load(tmp_path / "noisy.safetensors", NoisyGenerator).generator
    stylemap = torch.randn(1, 8, 4, 4)
    with torch.no_grad():
        expected = generator.eval().synthesize(stylemap)
        assert torch.equal(loaded.synthesize(stylemap), expected)
    with pytest.raises(CheckpointError, match="noise"):
        build(packed)


def test_files_of_earlier_versions_say_that_they_have_no_noise():
    old = to_dict(TINY) | {"pixel_noise": False}
    assert from_dict(ModelConfig, old) == TINY
    with pytest.raises(ConfigError, match="pixel_noise is no longer supported"):
        from_dict(ModelConfig, old | {"pixel_noise": True})
