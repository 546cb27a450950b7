"""The networks as wholes: sizes, shapes, and how they run."""

import dataclasses
import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from stylemapgan.config import PRESETS, ModelConfig, preset
from stylemapgan.config.presets import paper_light_model
from stylemapgan.models import Discriminator, Encoder, Generator

TINY = preset("tiny-32").model
NETWORKS = {"generator": Generator, "encoder": Encoder, "discriminator": Discriminator}


def example_input(name: str, config: ModelConfig, batch: int = 4) -> Tensor:
    if name == "generator":
        return torch.randn(batch, config.style_channels)
    return torch.rand(batch, 3, config.image_size, config.image_size) * 2 - 1


@pytest.fixture(params=NETWORKS)
def name(request) -> str:
    return request.param


@pytest.fixture
def network(name) -> nn.Module:
    return NETWORKS[name](TINY).eval()


@pytest.mark.parametrize("preset_name", PRESETS)
def test_every_preset_goes_from_image_to_stylemap_and_back(preset_name):
    config = PRESETS[preset_name].model
    with torch.device("meta"):
        images = torch.empty(4, 3, config.image_size, config.image_size)
        stylemap = Encoder(config)(images)
        assert stylemap.shape[1:] == (
            config.style_channels, config.stylemap_size, config.stylemap_size,
        )  # fmt: skip
        assert Generator(config).synthesize(stylemap).shape == images.shape
        assert Discriminator(config)(images).shape == (4, 1)


@pytest.mark.parametrize(
    ("config", "millions"),
    [
        (preset("paper-256").model, {"generator": 79.7, "encoder": 17.6, "discriminator": 28.9}),
        (paper_light_model(256, stylemap_size=8), {"generator": 26.1}),
    ],
)
def test_the_papers_networks_have_the_papers_sizes(config, millions):
    with torch.device("meta"):
        for name, expected in millions.items():
            count = sum(parameter.numel() for parameter in NETWORKS[name](config).parameters())
            assert count / 1e6 == pytest.approx(expected, rel=0.01), name


def test_any_stylemap_size_times_a_power_of_two_works():
    config = dataclasses.replace(
        TINY,
        image_size=96,
        stylemap_size=6,
        generator_widths=(16, 12, 8, 8, 4),
        resizer_widths=(12, 8, 8, 4, 4),
        encoder_widths=(16, 12, 8, 8, 4),
        discriminator_widths=(16, 12, 8, 8, 4),
    )
    images = torch.rand(2, 3, 96, 96)
    generator = Generator(config)
    stylemap = Encoder(config)(images)
    assert stylemap.shape == (2, 8, 6, 6)
    assert generator.mapping(torch.randn(2, 8)).shape == (2, 8, 6, 6)
    sizes = [w.shape[-1] for w in generator.resizer(stylemap)]
    assert sizes == [6, 6, 12, 12, 24, 24, 48, 48, 96, 96]
    assert generator.synthesize(stylemap).shape == (2, 3, 96, 96)
    assert Discriminator(config)(images).shape == (2, 1)


def test_resized_stylemaps_come_in_pairs_as_wide_as_configured():
    w_plus = Generator(TINY).resizer(torch.randn(2, 8, 4, 4))
    shapes = [tuple(w.shape[1:]) for w in w_plus]
    assert shapes == [
        (12, 4, 4), (12, 4, 4), (12, 8, 8), (12, 8, 8),
        (8, 16, 16), (8, 16, 16), (8, 32, 32), (8, 32, 32),
    ]  # fmt: skip


def test_with_one_convolution_a_level_both_maps_of_a_level_are_the_same():
    config = dataclasses.replace(TINY, resizer_convolutions=1)
    generator = Generator(config)
    w_plus = generator.resizer(torch.randn(2, 8, 4, 4))
    assert [w.shape[1:] for w in w_plus[::2]] == [(12, 4, 4), (12, 8, 8), (8, 16, 16), (8, 32, 32)]
    for first, second in zip(w_plus[::2], w_plus[1::2], strict=True):
        assert torch.equal(first, second)
    generator.synthesis(w_plus).square().mean().backward()
    for name, parameter in generator.resizer.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name
    assert len(list(generator.resizer.parameters())) == 2 * 4  # weight and bias of each level


def test_a_generator_is_its_three_parts_in_a_row():
    generator = Generator(TINY)
    z = torch.randn(2, 8)
    in_a_row = generator.synthesis(generator.resizer(generator.mapping(z)))
    assert torch.equal(generator(z), in_a_row)


def test_mapping_does_not_see_the_length_of_z():
    mapping = Generator(TINY).mapping
    z = torch.randn(3, 8)
    torch.testing.assert_close(mapping(5 * z), mapping(z))


def test_equal_stylemaps_give_equal_images_whatever_is_beside_them():
    generator = Generator(TINY)
    stylemap = torch.randn(1, 8, 4, 4)
    beside = torch.cat([torch.randn(1, 8, 4, 4), stylemap])
    torch.testing.assert_close(generator.synthesize(beside)[1:], generator.synthesize(stylemap))


@pytest.mark.parametrize("normalisation", ["layer", "instance", "batch"])
def test_gradients_reach_every_parameter(name, normalisation):
    network = NETWORKS[name](dataclasses.replace(TINY, normalisation=normalisation))
    network(example_input(name, TINY)).square().mean().backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name
        assert parameter.grad.abs().max() > 0, parameter_name


def test_gradients_match_finite_differences(name, network):
    network.double().requires_grad_(False)
    x = example_input(name, TINY, batch=1).double().requires_grad_()
    torch.autograd.gradcheck(network, x, fast_mode=True)


def test_bf16_autocast_stays_close_to_float32(name, network):
    x = example_input(name, TINY)
    with torch.no_grad():
        exact = network(x)
        with torch.autocast("cpu", torch.bfloat16):
            rough = network(x).float()
    assert (rough - exact).square().mean().sqrt() < 0.05 * exact.square().mean().sqrt()


@pytest.mark.parametrize("normalisation", ["layer", "instance", "batch"])
def test_channels_last_computes_the_same(name, normalisation):
    network = NETWORKS[name](dataclasses.replace(TINY, normalisation=normalisation)).eval()
    x = example_input(name, TINY)
    with torch.no_grad():
        expected = network(x)
        network.to(memory_format=torch.channels_last)
        found = network(x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


COMPILE = """
import sys
import torch
from stylemapgan import models
from stylemapgan.config import preset

config = preset("tiny-32").model
torch.manual_seed(0)
network = getattr(models, sys.argv[1])(config).eval()
shape = (4, config.style_channels) if sys.argv[1] == "Generator" else (4, 3, 32, 32)
x = torch.randn(shape)
with torch.no_grad():
    torch.testing.assert_close(torch.compile(network)(x), network(x), rtol=1e-4, atol=1e-5)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["Generator", "Encoder", "Discriminator"])
def test_compiled_networks_compute_the_same(name):
    """In a process of its own, for the compiler does not understand run-time shape checks."""
    ended = subprocess.run([sys.executable, "-c", COMPILE, name], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
