"""Regions and their styles, and the block that modulates by them, against plain loops."""

import math

import pytest
import torch
from torch import Tensor

from stylemapgan.methods.sean.block import RegionLinear, SEANBlock
from stylemapgan.methods.sean.regions import (
    Layout,
    average,
    average_in_regions,
    own_layout,
    to_regions,
)

REGIONS, STYLE, CHANNELS, SIZE = 3, 4, 5, 6


def random_map(seed: int = 0) -> Tensor:
    """Label maps of two pictures; the second one lacks region 1."""
    drawn = torch.randint(REGIONS, (2, SIZE, SIZE), generator=torch.Generator().manual_seed(seed))
    drawn[1][drawn[1] == 1] = 2
    return drawn.to(torch.uint8)


def test_a_label_map_becomes_a_map_of_zeros_and_ones_for_each_region():
    label_maps = random_map()
    regions = to_regions(label_maps, REGIONS)
    assert regions.shape == (2, REGIONS, SIZE, SIZE)
    torch.testing.assert_close(regions.sum(dim=1), torch.ones(2, SIZE, SIZE))
    assert torch.equal(regions.argmax(dim=1).to(torch.uint8), label_maps)


def test_fewer_pixels_hold_shares_of_their_squares():
    regions = to_regions(random_map(), REGIONS)
    shares = average(regions, 3)
    for row in range(3):
        for column in range(3):
            square = regions[:, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            torch.testing.assert_close(shares[:, :, row, column], square.mean(dim=(2, 3)))


def test_features_are_averaged_inside_each_region_and_an_empty_region_has_zeros():
    features, label_maps = torch.randn(2, CHANNELS, SIZE, SIZE), random_map()
    found = average_in_regions(features, to_regions(label_maps, REGIONS))
    for picture in range(2):
        for region in range(REGIONS):
            inside = label_maps[picture] == region
            expected = torch.zeros(CHANNELS, dtype=torch.float64)
            for row, column in inside.nonzero().tolist():
                expected += features[picture, :, row, column].double() / int(inside.sum())
            torch.testing.assert_close(found[picture, region].double(), expected, atol=1e-6, rtol=0)
    assert not (label_maps[1] == 1).any()
    assert torch.equal(found[1, 1], torch.zeros(CHANNELS))


def test_shares_of_a_region_weigh_features():
    features = torch.tensor([[[[1.0, 5.0]]]])
    shares = torch.tensor([[[[0.25, 0.75]], [[0.75, 0.25]]]])
    found = average_in_regions(features, shares)
    torch.testing.assert_close(found, torch.tensor([[[4.0], [2.0]]]))


def test_each_row_passes_the_linear_map_of_its_region():
    linear = RegionLinear(REGIONS, STYLE).double()
    torch.nn.init.normal_(linear.bias)
    styles = torch.randn(2, 2 * REGIONS, STYLE, dtype=torch.float64)
    found = linear(styles)
    for row in range(2 * REGIONS):
        weight, bias = linear.weight[row % REGIONS], linear.bias[row % REGIONS]
        for picture in range(2):
            expected = weight @ styles[picture, row] / math.sqrt(STYLE) + bias
            torch.testing.assert_close(found[picture, row], expected)


def filled_block() -> SEANBlock:
    """A block in float64 whose weights and biases are all random."""
    block = SEANBlock(CHANNELS, STYLE, REGIONS).double()
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter)
    return block


def convolve(maps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve one picture by loops, with zeros around it."""
    out = bias[:, None, None].expand(-1, *maps.shape[1:]).clone()
    height, width = maps.shape[1:]
    for row in range(height):
        for column in range(width):
            for down in range(3):
                for right in range(3):
                    y, x = row + down - 1, column + right - 1
                    if 0 <= y < height and 0 <= x < width:
                        out[:, row, column] += weight[:, :, down, right] @ maps[:, y, x]
    return out


def by_loops(block: SEANBlock, features: Tensor, styles: Tensor, layout: Layout) -> Tensor:
    """The block's equations for one picture, position by position."""
    channels, height, width = features.shape
    style_map = torch.zeros(STYLE, height, width, dtype=torch.float64)
    for row in range(height):
        for column in range(width):
            for number, style in enumerate(styles):
                region = number % REGIONS
                weight = block.region_linear.weight[region] / math.sqrt(STYLE)
                mapped = weight @ style + block.region_linear.bias[region]
                style_map[:, row, column] += layout.rows[number, row, column] * mapped
    layers = block.of_styles, block.of_map, block.of_hidden
    weights = [layer.weight * layer.scale for layer in layers]
    biases = [layer.state_dict()["bias"] * layer.gain for layer in layers]
    by_style = convolve(style_map, weights[0], biases[0])
    hidden = convolve(layout.regions, weights[1], biases[1])
    hidden = torch.where(hidden > 0, hidden, 0.2 * hidden)
    by_map = convolve(hidden, weights[2], biases[2])
    a, b = (1 / (1 + torch.exp(-logit)) for logit in block.mixing)
    gamma = a * by_style[:channels] + (1 - a) * by_map[:channels]
    beta = b * by_style[channels:] + (1 - b) * by_map[channels:]
    mean = features.mean(dim=(1, 2), keepdim=True)
    variance = (features - mean).square().mean(dim=(1, 2), keepdim=True)
    return (features - mean) / (variance + 1e-5).sqrt() * (1 + gamma) + beta


@pytest.mark.parametrize("photos", [1, 2])
def test_the_block_follows_the_papers_equations(photos):
    """With the styles of one photo, and with shares of the styles of two."""
    block, label_maps = filled_block(), random_map()
    features = torch.randn(2, CHANNELS, SIZE, SIZE, dtype=torch.float64)
    styles = torch.randn(2, photos * REGIONS, STYLE, dtype=torch.float64)
    regions = to_regions(label_maps, REGIONS).double()
    rows = torch.cat([regions * share for share in (0.25, 0.75)], 1) if photos == 2 else regions
    layout = Layout(regions, rows)

    found = block(features, styles, layout)

    for picture in range(2):
        own = Layout(regions[picture], rows[picture])
        expected = by_loops(block, features[picture], styles[picture], own)
        torch.testing.assert_close(found[picture], expected)


def test_a_style_acts_in_its_region_and_one_pixel_around_it():
    block = SEANBlock(CHANNELS, STYLE, REGIONS)
    label_maps = torch.zeros(1, 8, 8, dtype=torch.uint8)
    label_maps[:, 2:4, 2:4] = 2
    features, styles = torch.randn(1, CHANNELS, 8, 8), torch.randn(1, REGIONS, STYLE)
    changed = styles.clone()
    changed[:, 2] += 1
    layout = own_layout(label_maps, REGIONS)
    difference = block(features, changed, layout) - block(features, styles, layout)
    is_changed = difference.abs().amax(dim=(0, 1)) > 1e-6
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[1:5, 1:5] = True
    assert torch.equal(is_changed, expected)


def test_both_branches_count_the_same_at_first():
    block = SEANBlock(CHANNELS, STYLE, REGIONS)
    assert block.mixing.sigmoid().tolist() == [0.5, 0.5]
    features, layout = torch.randn(2, CHANNELS, SIZE, SIZE), own_layout(random_map(), REGIONS)
    block(features, torch.randn(2, REGIONS, STYLE), layout).square().sum().backward()
    for name, parameter in block.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
