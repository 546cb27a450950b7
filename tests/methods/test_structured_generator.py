"""A structured generator starts at a grid, each cell of which has a linear layer of its own."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import nn

from stylemapgan.config import VectorConfig, preset
from stylemapgan.config.presets import VECTOR_LAPTOP_64, VECTOR_TINY_32
from stylemapgan.methods.backbone import VectorGenerator
from stylemapgan.methods.structured_noise.networks import (
    CellLinear,
    Codes,
    StructuredGenerator,
    grid_shapes,
    join,
)
from stylemapgan.models import Generator
from stylemapgan.training.simulation import Meter

TINY = grid_shapes(VECTOR_TINY_32)
NUMBERS = 8 + 1 + 4 + 16 * 8 * 8


@pytest.fixture
def generator() -> StructuredGenerator:
    generator = StructuredGenerator(TINY).double()
    nn.init.normal_(generator.synthesis.constant)
    return generator


def some_codes(generator: StructuredGenerator, batch: int = 2) -> Codes:
    return generator.split(torch.randn(batch, NUMBERS, dtype=torch.double))


def test_each_cell_maps_its_codes_by_a_layer_of_its_own():
    layers = CellLinear(3, 5, size=4).double()
    codes = torch.randn(2, 3, 4, 4, dtype=torch.double)
    found = layers(codes)
    for image, channel, row, column in np.ndindex(2, 5, 4, 4):
        weights = layers.weight[4 * row + column, channel].tolist()
        products = zip(weights, codes[image, :, row, column].tolist(), strict=True)
        expected = sum(a * b for a, b in products) / math.sqrt(3)
        assert found[image, channel, row, column].item() == pytest.approx(expected)


def test_a_cell_sees_the_global_code_its_quarters_code_and_its_own(generator):
    codes = some_codes(generator)
    found = generator.start(codes)
    for image, row, column in np.ndindex(2, 8, 8):
        shared = codes.shared[image, 0, int(row >= 4), int(column >= 4)]
        seen = [codes.everywhere[image, 0, 0, 0], shared, *codes.local[image, :, row, column]]
        weight = generator.grid.weight[8 * row + column]
        expected = weight @ torch.stack(seen) / math.sqrt(18)
        bias = generator.synthesis.constant[0, :, row, column]
        torch.testing.assert_close(found[image, :, row, column], expected + bias)


@pytest.mark.parametrize(
    ("change", "cells"),
    [
        ({"everywhere": (0, 0, 0)}, 64),
        ({"shared": (0, 1, 0)}, 16),
        ({"local": (7, 2, 5)}, 1),
    ],
)
def test_a_code_changes_its_cells_alone(generator, change, cells):
    codes = some_codes(generator, batch=1)
    ((name, place),) = change.items()
    other = getattr(codes, name).clone()
    other[(0, *place)] += 1
    before, after = generator.start(codes), generator.start(codes._replace(**{name: other}))
    changed = (before != after).any(dim=1)[0]
    assert changed.sum() == cells
    if name == "shared":
        assert changed[4:, :4].all()
    if name == "local":
        assert changed[2, 5]


def test_all_layers_get_one_style(generator):
    codes, noise = some_codes(generator), [n.double() for n in generator.synthesis.fixed_noise(0)]
    w_plus = torch.stack([codes.style] * TINY.layers, dim=1)
    styles = generator.synthesis.styles(w_plus)
    expected = generator.synthesis.continue_from(generator.start(codes), 0, styles, noise)
    torch.testing.assert_close(generator.synthesize(codes, noise), expected)


def test_z_holds_the_style_first_and_only_the_style_is_mapped(generator):
    z = torch.randn(2, generator.z_channels, dtype=torch.double)
    assert generator.z_channels == NUMBERS
    codes = generator.split(z)
    assert torch.equal(join(codes), z)
    assert [each.shape[1:] for each in codes] == [(8,), (1, 1, 1), (1, 2, 2), (16, 8, 8)]
    mapped = generator.mapped(codes)
    assert torch.equal(mapped.style, generator.mapping(z[:, :8])[:, 0])
    assert all(torch.equal(a, b) for a, b in zip(mapped[1:], codes[1:], strict=True))
    assert torch.equal(generator(z), generator.synthesize(mapped))


def test_gradients_reach_every_parameter_and_every_code(generator):
    z = torch.randn(4, NUMBERS, dtype=torch.double, requires_grad=True)
    noise = [each.double() for each in generator.synthesis.fixed_noise(0)]
    generator(z, noise).square().mean().backward()
    for name, parameter in generator.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name
    assert z.grad is not None
    assert (z.grad.abs().amax(dim=0) > 0).all()


def test_gradients_match_finite_differences(generator):
    generator.requires_grad_(False)
    numbers = join(some_codes(generator, batch=1)).requires_grad_()
    torch.autograd.gradcheck(
        lambda each: generator.synthesize(generator.split(each)), numbers, fast_mode=True
    )


def test_fresh_cells_have_no_bias():
    assert not StructuredGenerator(TINY).synthesis.constant.any()


def cost(network: nn.Module, z_channels: int) -> tuple[int, int]:
    """Count a network's parameters, and the operations of a forward pass."""
    with Meter() as meter, torch.no_grad():
        network(torch.randn(1, z_channels))
    return sum(each.numel() for each in network.parameters()), meter.flops


def test_the_laptop_generator_costs_what_stylemapgans_costs():
    """Parameters and operations agree within a tenth, also with the backbone's."""
    structured = StructuredGenerator(grid_shapes(VECTOR_LAPTOP_64))
    found = cost(structured, structured.z_channels)
    model = preset("laptop-64").model
    assert found == pytest.approx(cost(Generator(model), model.style_channels), rel=0.1)
    backbone = VectorGenerator(VECTOR_LAPTOP_64)
    assert found == pytest.approx(cost(backbone, backbone.z_channels), rel=0.1)


def test_levels_below_the_grid_are_left_out():
    found = grid_shapes(VECTOR_LAPTOP_64)
    assert (found.constant_size, found.generator_widths) == (8, (144, 96, 72, 48))
    assert found.styles == "shared"
    large = dataclasses.replace(
        VECTOR_LAPTOP_64, constant_size=16, generator_widths=(96, 72, 48), styles="shared"
    )
    assert grid_shapes(large) == large


@pytest.mark.parametrize(
    "config",
    [
        VectorConfig(),
        dataclasses.replace(
            VECTOR_TINY_32,
            image_size=8,
            generator_widths=(16, 12),
            encoder_widths=(8, 8),
            discriminator_widths=(8, 8),
        ),
    ],
)
def test_every_shape_gives_pictures(config):
    shapes = grid_shapes(config)
    with torch.device("meta"):
        generator = StructuredGenerator(shapes)
        z = torch.empty(2, generator.z_channels)
        assert generator(z).shape == (2, 3, config.image_size, config.image_size)
