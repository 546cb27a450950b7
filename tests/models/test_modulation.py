"""Modulation restyles normalised features position by position."""

import dataclasses

import pytest
import torch

from stylemapgan.config import preset
from stylemapgan.models.modulation import SpatialModulation

TINY = preset("tiny-32").model
AXES = {"layer": (1, 2, 3), "instance": (2, 3), "batch": (0, 2, 3)}


@pytest.fixture(params=AXES)
def normalisation(request) -> str:
    return request.param


@pytest.fixture
def modulation(normalisation) -> SpatialModulation:
    return SpatialModulation(6, 5, dataclasses.replace(TINY, normalisation=normalisation))


def test_an_empty_style_only_normalises(modulation, normalisation):
    features = 3 + 2 * torch.randn(4, 6, 8, 8)
    mean = features.mean(AXES[normalisation], keepdim=True)
    variance = features.var(AXES[normalisation], correction=0, keepdim=True)
    expected = (features - mean) / (variance + 1e-5).sqrt()
    found = modulation(features, torch.zeros(4, 5, 8, 8))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_scale_and_shift_are_the_two_halves_of_one_convolution(modulation):
    features, style = torch.randn(2, 6, 4, 4), torch.randn(2, 5, 4, 4)
    plain = modulation(features, torch.zeros_like(style))  # scale 1, shift 0
    scale, shift = modulation.to_scale_and_shift(style).split(6, dim=1)
    torch.testing.assert_close(modulation(features, style), plain * scale + shift)


def test_a_cell_of_the_style_reaches_no_further_than_its_neighbours(modulation):
    features, style = torch.randn(1, 6, 8, 8), torch.randn(1, 5, 8, 8)
    changed = style.clone()
    changed[..., 2, 2] += 1
    difference = (modulation(features, changed) - modulation(features, style)).abs().sum(1)[0]
    assert (difference[1:4, 1:4] > 0).all()
    difference[1:4, 1:4] = 0
    assert difference.max() == 0


def test_with_a_kernel_of_1_a_cell_of_the_style_reaches_its_own_position_only(normalisation):
    config = dataclasses.replace(TINY, normalisation=normalisation, modulation_kernel=1)
    modulation = SpatialModulation(6, 5, config)
    features, style = torch.randn(1, 6, 8, 8), torch.randn(1, 5, 8, 8)
    changed = style.clone()
    changed[..., 2, 2] += 1
    difference = (modulation(features, changed) - modulation(features, style)).abs().sum(1)[0]
    assert difference[2, 2] > 0
    difference[2, 2] = 0
    assert difference.max() == 0


def test_batch_normalisation_in_evaluation_treats_every_image_by_itself():
    batch = dataclasses.replace(TINY, normalisation="batch")
    modulation = SpatialModulation(6, 5, batch)
    features, style = torch.randn(4, 6, 8, 8), torch.randn(4, 5, 8, 8)
    modulation(features, style)  # moves the running averages
    modulation.eval()
    one_by_one = [modulation(features[i : i + 1], style[i : i + 1]) for i in range(4)]
    torch.testing.assert_close(modulation(features, style), torch.cat(one_by_one))
