"""pix2latent searches for z and for where its picture belongs."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from stylemapgan.editing.edit import Edit, Part
from stylemapgan.features.perceptual import EfficientNetDistance
from stylemapgan.methods.backbone.basin_cma import basin_cma
from stylemapgan.methods.backbone.result_cache import ResultCache
from stylemapgan.methods.pix2latent import Pix2Latent, Pix2LatentSettings, moved

NOTHING_KEPT = ResultCache("", None)
EVERYWHERE = np.ones((1, 1, 32, 32), np.float32)
FEW = Pix2LatentSettings(rounds=3, population=4, steps=2, final_steps=4)


def tensor(array: np.ndarray) -> Tensor:
    """In float64, as the networks of these tests."""
    return torch.from_numpy(array).double()


@pytest.fixture(scope="module")
def method(backbone) -> Pix2Latent:
    return Pix2Latent(backbone, FEW, NOTHING_KEPT)


def test_the_loss_is_that_of_the_paper(method, photos):
    points = tensor(method.sample(3, 0).arrays["point"])
    photo = tensor(photos[:1])
    with torch.no_grad():
        pictures = method.pictures(points)
        distance = EfficientNetDistance(method._features.network)
        expected = (pictures - photo).abs().mean(dim=(1, 2, 3))
        expected += 10 * distance(pictures, photo.expand(3, -1, -1, -1))
        found = method.objective(photo, tensor(EVERYWHERE))(points, torch.arange(3))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_pixels_outside_the_mask_weigh_less_but_not_nothing(backbone, photos, mask):
    method = Pix2Latent(backbone, Pix2LatentSettings(perceptual_weight=0.0), NOTHING_KEPT)
    points = tensor(method.sample(1, 0).arrays["point"])
    photo = tensor(photos[:1])
    with torch.no_grad():
        found = method.objective(photo, tensor(mask))(points, torch.arange(1))
        apart = (method.pictures(points) - photo).abs().mean(dim=1)[0].numpy()
    weights = np.where(mask[0, 0] > 0, 1.0, 0.3)
    np.testing.assert_allclose(found, [(weights * apart).sum() / weights.sum()], rtol=1e-4)


def test_pictures_are_scaled_and_shifted():
    picture = torch.zeros(1, 1, 8, 8)
    picture[..., 4, 4] = 1.0

    def at(doublings: float, down: float, right: float) -> torch.Tensor:
        return moved(picture.expand(-1, 3, -1, -1), torch.tensor([[doublings, down, right]]))[0, 0]

    torch.testing.assert_close(at(0.0, 0.0, 0.0), picture[0, 0], atol=1e-6, rtol=0)
    two_down = at(0.0, 2 / 4, 0.0)  # in halves of a side of 8 pixels
    torch.testing.assert_close(two_down[6, 4], torch.tensor(1.0), atol=1e-5, rtol=0)
    one_left = at(0.0, 0.0, -1 / 4)
    torch.testing.assert_close(one_left[4, 3], torch.tensor(1.0), atol=1e-5, rtol=0)
    larger = at(1.0, 0.0, 0.0)
    np.testing.assert_allclose(larger.sum(), 4.0, rtol=1e-5)  # four times the area
    assert larger[4:6, 4:6].min() > 0.5


def far(points: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Rastrigin's function: a bowl with a valley at each whole number; 0 at (2, 2, 2)."""
    apart = points - 2.0
    return (apart.square() + 10 * (1 - torch.cos(2 * math.pi * apart))).sum(dim=1)


def test_evolution_leaves_valleys_that_descent_alone_ends_in():
    settings = Pix2LatentSettings(rounds=25, population=12, steps=10, final_steps=200)
    alone = Pix2LatentSettings(rounds=0, final_steps=450)
    start = torch.zeros(1, 3) + 0.1
    searched, descended = (
        far(basin_cma(start, 1.0, far, each, lambda step: None), torch.arange(1)).item()
        for each in (settings, alone)
    )
    assert descended > 3.9
    assert searched < 1.5


def test_the_search_follows_from_its_seed_alone():
    np.random.seed(3)  # noqa: NPY002 - of others, whose numbers must stay the same
    expected = np.random.random(2)  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    found = []
    for seed in (0, 0, 1):
        settings = Pix2LatentSettings(rounds=2, population=4, steps=1, final_steps=0, seed=seed)
        found.append(basin_cma(torch.full((1, 3), 0.3), 1.0, far, settings, lambda step: None))
    torch.testing.assert_close(found[0], found[1], atol=0, rtol=0)
    assert (found[0] - found[2]).abs().max() > 1e-4
    np.testing.assert_array_equal(np.random.random(2), expected)  # noqa: NPY002


def test_rounds_stop_when_the_loss_no_longer_falls():
    steps = []
    settings = Pix2LatentSettings(
        rounds=50, population=4, steps=2, final_steps=0, patience=6, learning_rate=0.01
    )
    flat = basin_cma(
        torch.ones(1, 3),
        1.0,
        lambda points, rows: points.sum(dim=1) * 0 + 1,
        settings,
        steps.append,
    )
    torch.testing.assert_close(flat, torch.ones(1, 3))
    assert max(steps) == 3 * 2 * 4  # three rounds of two steps of four points


def test_no_time_still_gives_the_start_or_better(backbone, photos):
    hurried = Pix2Latent(backbone, Pix2LatentSettings(seconds=1e-9), NOTHING_KEPT)
    point = tensor(hurried.encode(photos[:1]).arrays["point"])
    loss = hurried.objective(tensor(photos[:1]), tensor(EVERYWHERE))
    with torch.no_grad():
        assert loss(point, torch.arange(1)) <= loss(torch.zeros_like(point), torch.arange(1))


def test_a_photo_and_an_edit_end_closer_than_they_started(method, photos, mask):
    source, reference = method.encode(photos[:1]), method.encode(photos[1:2])
    edited = method.edit(source, Edit(parts=(Part(reference=reference, mask=mask),)))
    pasted = np.where(mask > 0, photos[1:2], photos[:1])
    rows = torch.arange(1)
    for target, weights, before, after in (
        (photos[:1], np.ones_like(mask), np.zeros_like(source.arrays["point"]), source),
        (pasted, mask, source.arrays["point"], edited),
    ):
        loss = method.objective(tensor(target), tensor(weights))
        with torch.no_grad():
            ended = loss(tensor(after.arrays["point"]), rows)
            assert ended < loss(tensor(before), rows)
