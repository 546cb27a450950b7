"""The mapping network's head start."""

import dataclasses

import numpy as np
import pytest
import torch

from stylemapgan.config import RunConfig, preset
from stylemapgan.data import PhotoSet
from stylemapgan.models.mapping import MappingNetwork
from stylemapgan.training.prior import deactivate, fit_mapping, give_head_start
from stylemapgan.training.state import new_state

TINY = preset("tiny-32")


def plane_of_stylemaps(count: int, dimensions: int) -> torch.Tensor:
    """Stylemaps, as an encoder's activation leaves them, on a plane of few dimensions."""
    length = TINY.model.style_channels * TINY.model.stylemap_size**2
    spread = torch.linspace(2.0, 1.0, dimensions)[:, None]
    flat = torch.randn(count, dimensions) @ (spread * torch.randn(dimensions, length) / 8) + 0.3
    activated = torch.where(flat < 0, 0.2 * flat, flat)
    size = TINY.model.stylemap_size
    return activated.view(count, TINY.model.style_channels, size, size)


def drawn_from(mapping: MappingNetwork, count: int = 20_000) -> torch.Tensor:
    with torch.no_grad():
        return deactivate(mapping(torch.randn(count, TINY.model.style_channels)).flatten(1))


def test_fitted_stylemaps_have_the_mean_and_the_principal_components_of_the_photos():
    stylemaps = plane_of_stylemaps(400, dimensions=5)
    mapping = MappingNetwork(TINY.model)

    fit_mapping(mapping, stylemaps, torch.Generator().manual_seed(0))

    wanted, drawn = deactivate(stylemaps.flatten(1)), drawn_from(mapping)
    scale = wanted.std()
    assert (wanted.mean(0) - drawn.mean(0)).abs().max() < 0.1 * scale
    difference = torch.cov(wanted.T) - torch.cov(drawn.T)
    assert torch.linalg.norm(difference) < 0.1 * torch.linalg.norm(torch.cov(wanted.T))


def test_fitting_changes_the_last_layer_alone():
    mapping = MappingNetwork(TINY.model)
    before = [parameter.clone() for parameter in mapping.parameters()]
    fit_mapping(mapping, plane_of_stylemaps(50, dimensions=3), torch.Generator().manual_seed(0))
    changed = [
        not torch.equal(old, new) for old, new in zip(before, mapping.parameters(), strict=True)
    ]
    assert changed == [False] * (len(before) - 2) + [True, True]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_photos_are_enough(count):
    mapping = MappingNetwork(TINY.model)
    fit_mapping(mapping, plane_of_stylemaps(count, dimensions=3), torch.Generator())
    assert torch.isfinite(drawn_from(mapping, 100)).all()


def test_network_and_average_start_alike():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    photos = PhotoSet(pixels=pixels, names=tuple("abcde"), skipped=())
    settings = RunConfig(model=TINY.model, training=dataclasses.replace(TINY.training, seed=3))
    state = new_state(settings, torch.device("cpu"))

    give_head_start(state, photos, is_mirrored=True, randomness=torch.Generator())

    pairs = zip(state.generator.parameters(), state.generator_ema.parameters(), strict=True)
    assert all(torch.equal(current, average) for current, average in pairs)
    with torch.no_grad():
        encoded = state.encoder_ema(torch.from_numpy(photos.take(np.arange(5))))
        drawn = state.generator.mapping(torch.randn(500, TINY.model.style_channels))
    assert (drawn.mean() - encoded.mean()).abs() < 0.2 * encoded.std()
