"""The vector networks as wholes: their sizes, gradients, and how they run."""

import dataclasses
import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from stylemapgan.config import ModelConfig, VectorConfig, preset
from stylemapgan.config.presets import VECTOR_LAPTOP_64, VECTOR_TINY_32
from stylemapgan.methods.backbone import VectorEncoder, VectorGenerator, mean_w_plus
from stylemapgan.models import Discriminator, Encoder, Generator
from stylemapgan.training.simulation import Meter

NETWORKS = {
    "generator": VectorGenerator,
    "encoder": VectorEncoder,
    "discriminator": Discriminator,
}
NAMESAKES = {"generator": Generator, "encoder": Encoder, "discriminator": Discriminator}
"""StyleMapGAN's networks."""
MODES = ["shared", "layered"]


def example_input(name: str, config: ModelConfig | VectorConfig, batch: int = 4) -> Tensor:
    if name == "generator":
        return torch.randn(batch, config.style_channels)
    return torch.rand(batch, 3, config.image_size, config.image_size) * 2 - 1


def with_noise(name: str, network: Any, x: Tensor) -> Tensor:
    if name != "generator":
        return network(x)
    return network(x, [each.to(x.dtype) for each in network.synthesis.fixed_noise(0)])


@pytest.fixture(params=NETWORKS)
def name(request) -> str:
    return request.param


@pytest.fixture
def network(name) -> nn.Module:
    return NETWORKS[name](VECTOR_TINY_32).eval()


def cost(network: nn.Module, x: Tensor) -> tuple[int, int]:
    """Count a network's parameters, and the operations of a forward pass."""
    with Meter() as meter, torch.no_grad():
        network(x)
    return sum(each.numel() for each in network.parameters()), meter.flops


@pytest.mark.parametrize("mode", MODES)
def test_laptop_networks_cost_what_those_of_stylemapgan_cost(mode):
    """Parameters and operations agree within a tenth, network by network and in sum."""
    config = dataclasses.replace(VECTOR_LAPTOP_64, styles=mode)
    model = preset("laptop-64").model
    total = expected_total = torch.zeros(2)
    for name, network in NETWORKS.items():
        found = cost(network(config), example_input(name, config, batch=1))
        expected = cost(NAMESAKES[name](model), example_input(name, model, batch=1))
        assert found == pytest.approx(expected, rel=0.1), name
        total = total + torch.tensor(found)
        expected_total = expected_total + torch.tensor(expected)
    torch.testing.assert_close(total, expected_total, rtol=0.1, atol=0)


@pytest.mark.parametrize("config", [VectorConfig(), VECTOR_LAPTOP_64, VECTOR_TINY_32])
def test_every_shape_goes_from_image_to_vectors_and_back(config):
    with torch.device("meta"):
        images = torch.empty(4, 3, config.image_size, config.image_size)
        w_plus = VectorEncoder(config)(images)
        assert w_plus.shape == (4, config.layers, config.style_channels)
        assert VectorGenerator(config).synthesize(w_plus).shape == images.shape
        assert Discriminator(config)(images).shape == (4, 1)


def test_a_generator_is_its_two_parts_in_a_row():
    generator = VectorGenerator(VECTOR_TINY_32)
    z, noise = torch.randn(2, 8), generator.synthesis.fixed_noise(0)
    assert torch.equal(generator(z, noise), generator.synthesis(generator.mapping(z), noise))


def test_each_style_vector_is_a_linear_map_of_all_features_of_the_trunk():
    encoder = VectorEncoder(VECTOR_TINY_32).double()
    nn.init.normal_(encoder.to_w_plus.bias)
    images = torch.rand(2, 3, 32, 32, dtype=torch.double) * 2 - 1
    found = encoder(images)
    weight, bias = encoder.to_w_plus.weight, encoder.to_w_plus.bias
    for image, features in enumerate(encoder.trunk(images).flatten(1)):
        for layer in range(VECTOR_TINY_32.layers):
            for channel in range(8):
                row = 8 * layer + channel
                products = zip(weight[row].tolist(), features.tolist(), strict=True)
                expected = sum(a * b for a, b in products) / math.sqrt(8 * 4 * 4) + bias[row].item()
                assert found[image, layer, channel].item() == pytest.approx(expected)


def test_the_encoder_knows_where_something_is():
    encoder = VectorEncoder(VECTOR_TINY_32)
    images = torch.zeros(2, 3, 32, 32)
    images[0, :, 4:12, 4:12] = images[1, :, 20:28, 20:28] = 1
    left, right = encoder(images)
    assert (left - right).abs().max() > 0.01


@pytest.mark.parametrize("mode", MODES)
def test_gradients_reach_every_parameter(name, mode):
    network = NETWORKS[name](dataclasses.replace(VECTOR_TINY_32, styles=mode))
    with_noise(name, network, example_input(name, VECTOR_TINY_32)).square().mean().backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name
        assert parameter.grad.abs().max() > 0, parameter_name


def test_gradients_reach_style_vectors_of_every_layer():
    generator = VectorGenerator(VECTOR_TINY_32).requires_grad_(False)
    w_plus = mean_w_plus(generator.mapping).requires_grad_()
    generator.synthesize(w_plus).square().mean().backward()
    assert w_plus.grad is not None
    assert (w_plus.grad.abs().amax(dim=2) > 0).all()


def test_gradients_match_finite_differences(name, network):
    network.double().requires_grad_(False)
    if name == "generator":
        for layer in network.synthesis.layers:
            nn.init.normal_(layer.noise_strength)
    x = example_input(name, VECTOR_TINY_32, batch=1).double().requires_grad_()
    torch.autograd.gradcheck(lambda x: with_noise(name, network, x), x, fast_mode=True)


def test_bf16_autocast_stays_close_to_float32(name, network):
    x = example_input(name, VECTOR_TINY_32)
    with torch.no_grad():
        exact = with_noise(name, network, x)
        with torch.autocast("cpu", torch.bfloat16):
            rough = with_noise(name, network, x).float()
    assert (rough - exact).square().mean().sqrt() < 0.05 * exact.square().mean().sqrt()


def test_channels_last_computes_the_same(name, network):
    x = example_input(name, VECTOR_TINY_32)
    with torch.no_grad():
        expected = with_noise(name, network, x)
        network.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
        found = with_noise(name, network, x)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
