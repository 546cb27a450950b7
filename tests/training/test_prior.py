"""The mapping network's head start."""

import dataclasses

import numpy as np
import pytest
import torch

from stylemapgan.config import RunConfig, preset
from stylemapgan.data import PhotoSet
from stylemapgan.methods.stylemapgan import prior
from stylemapgan.methods.stylemapgan.prior import Moments, deactivate, fit_mapping, give_head_start
from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
from stylemapgan.models.mapping import MappingNetwork
from stylemapgan.training.recipe import new_state

TINY = preset("tiny-32")


def plane_of_stylemaps(count: int, dimensions: int) -> torch.Tensor:
    """Stylemaps, as an encoder's activation leaves them, on a plane of few dimensions."""
    length = TINY.model.style_channels * TINY.model.stylemap_size**2
    spread = torch.linspace(2.0, 1.0, dimensions)[:, None]
    flat = torch.randn(count, dimensions) @ (spread * torch.randn(dimensions, length) / 8) + 0.3
    activated = torch.where(flat < 0, 0.2 * flat, flat)
    size = TINY.model.stylemap_size
    return activated.view(count, TINY.model.style_channels, size, size)


def moments_of(stylemaps: torch.Tensor) -> Moments:
    flat = deactivate(stylemaps.flatten(1))
    moments = Moments(flat.shape[1])
    moments.add(flat)
    return moments


def drawn_from(mapping: MappingNetwork, count: int = 20_000) -> torch.Tensor:
    with torch.no_grad():
        return deactivate(mapping(torch.randn(count, TINY.model.style_channels)).flatten(1))


def test_fitted_stylemaps_have_the_mean_and_the_principal_components_of_the_photos():
    stylemaps = plane_of_stylemaps(400, dimensions=5)
    mapping = MappingNetwork(TINY.model)

    fit_mapping(mapping, moments_of(stylemaps), torch.Generator().manual_seed(0))

    wanted, drawn = deactivate(stylemaps.flatten(1)), drawn_from(mapping)
    scale = wanted.std()
    assert (wanted.mean(0) - drawn.mean(0)).abs().max() < 0.1 * scale
    difference = torch.cov(wanted.T) - torch.cov(drawn.T)
    assert torch.linalg.norm(difference) < 0.1 * torch.linalg.norm(torch.cov(wanted.T))


@pytest.mark.parametrize("rows", [1, 7, 300])
def test_moments_in_batches_are_those_of_all_points_at_once(rows):
    random = np.random.default_rng(0)
    mixed = random.normal(size=(40, 40)) / 9
    points = (random.normal(size=(300, 40)) @ mixed + 1000).astype(np.float32)  # far from 0

    moments = Moments(40)
    for batch in torch.from_numpy(points).split(rows):
        moments.add(batch)

    exact = points.astype(np.float64)
    assert moments.count == 300
    np.testing.assert_allclose(moments.mean, exact.mean(axis=0), rtol=1e-12)
    covariance = np.cov(exact, rowvar=False)
    scale = covariance.trace()
    np.testing.assert_allclose(moments.covariance, covariance, atol=1e-10 * scale)
    axes = moments.principal_components(40)
    np.testing.assert_allclose(axes.T @ axes, covariance, atol=1e-9 * scale)


def test_the_head_start_is_the_same_however_many_photos_are_encoded_at_once(monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 32, 32, 3), dtype=np.uint8)
    photos = PhotoSet(pixels=pixels, names=tuple("abcdefghi"), skipped=())
    settings = RunConfig(model=TINY.model, training=TINY.training)
    biases = []
    for batch in (1, 3, 64):
        monkeypatch.setattr(prior, "ENCODE_BATCH", batch)
        torch.manual_seed(0)
        state = new_state(STYLEMAPGAN, settings, torch.device("cpu"))
        give_head_start(state, photos, is_mirrored=True, randomness=torch.Generator())
        last = state.generator.mapping.layers[-1]
        biases.append(last.get_parameter("bias").detach())
    torch.testing.assert_close(biases[0], biases[1])
    torch.testing.assert_close(biases[0], biases[2])


def test_fitting_changes_the_last_layer_alone():
    mapping = MappingNetwork(TINY.model)
    before = [parameter.clone() for parameter in mapping.parameters()]
    moments = moments_of(plane_of_stylemaps(50, dimensions=3))
    fit_mapping(mapping, moments, torch.Generator().manual_seed(0))
    changed = [
        not torch.equal(old, new) for old, new in zip(before, mapping.parameters(), strict=True)
    ]
    assert changed == [False] * (len(before) - 2) + [True, True]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_photos_are_enough(count):
    mapping = MappingNetwork(TINY.model)
    fit_mapping(mapping, moments_of(plane_of_stylemaps(count, dimensions=3)), torch.Generator())
    assert torch.isfinite(drawn_from(mapping, 100)).all()


def test_network_and_average_start_alike():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    photos = PhotoSet(pixels=pixels, names=tuple("abcde"), skipped=())
    settings = RunConfig(model=TINY.model, training=dataclasses.replace(TINY.training, seed=3))
    state = new_state(STYLEMAPGAN, settings, torch.device("cpu"))

    give_head_start(state, photos, is_mirrored=True, randomness=torch.Generator())

    pairs = zip(state.generator.parameters(), state.generator_ema.parameters(), strict=True)
    assert all(torch.equal(current, average) for current, average in pairs)
    with torch.no_grad():
        encoded = state.encoder_ema(torch.from_numpy(photos.take(np.arange(5))))
        drawn = state.generator.mapping(torch.randn(500, TINY.model.style_channels))
    assert (drawn.mean() - encoded.mean()).abs() < 0.2 * encoded.std()
