"""Photos change by the amounts that are configured, each by its own, and by nothing else."""

import math

import numpy as np
import pytest
import torch

from stylemapgan.augment import BatchRandomness, augment_photos
from stylemapgan.config import PhotoAugmentationConfig
from stylemapgan.types import Share

SIZE = 32


def randomness(share: Share | None = None, seed: int = 0) -> BatchRandomness:
    return BatchRandomness(torch.Generator().manual_seed(seed), share or Share())


@pytest.fixture
def photos() -> torch.Tensor:
    """Smooth pictures: a blurred spot each, off the centre, on a plain ground."""
    positions = (torch.arange(SIZE) + 0.5) / SIZE
    across, down = positions[None, :], positions[:, None]
    spot = torch.exp(-((across - 0.65) ** 2 + (down - 0.5) ** 2) / 0.005) - 0.5
    return spot.expand(6, 3, SIZE, SIZE).clone()


def centres(photos: torch.Tensor) -> np.ndarray:
    """The spot's centre of mass in each photo, right and down, as shares of the side."""
    weight = (photos[:, 0] + 0.5).clamp(min=0).double()
    positions = (torch.arange(SIZE) + 0.5) / SIZE
    total = weight.sum((1, 2))
    right, down = weight.sum(1) @ positions.double(), weight.sum(2) @ positions.double()
    return torch.stack([right / total, down / total], dim=1).numpy()


def test_amounts_of_zero_change_nothing(photos):
    changed = augment_photos(photos, PhotoAugmentationConfig(), randomness())
    torch.testing.assert_close(changed, photos, atol=1e-5, rtol=0)


def test_shifts_move_each_photo_by_its_own_amount_within_the_limit(photos):
    changed = augment_photos(photos, PhotoAugmentationConfig(shift=0.1), randomness())
    moved = centres(changed) - centres(photos)
    assert (np.abs(moved) < 0.102).all()
    assert np.ptp(moved, axis=0).min() > 0.03


def test_rotations_keep_the_distance_to_the_centre(photos):
    changed = augment_photos(photos, PhotoAugmentationConfig(rotation=30.0), randomness())
    off = centres(changed) - 0.5
    np.testing.assert_allclose(np.hypot(*off.T), 0.15, atol=0.005)
    angles = np.degrees(np.arctan2(off[:, 1], off[:, 0]))
    assert np.abs(angles).max() <= 31
    assert np.ptp(angles) > 10


def test_scales_change_the_distance_to_the_centre_within_the_limit(photos):
    changed = augment_photos(photos, PhotoAugmentationConfig(scale=0.25), randomness())
    ratio = (centres(changed)[:, 0] - 0.5) / 0.15
    assert (ratio > 1 / 1.26).all()
    assert (ratio < 1.26).all()
    assert np.ptp(ratio) > 0.1


def test_elastic_changes_move_parts_of_a_photo_differently():
    ramp = torch.linspace(-1, 1, SIZE).expand(4, 3, SIZE, SIZE).clone()
    changed = augment_photos(ramp, PhotoAugmentationConfig(elastic=0.03), randomness())
    inner = (changed - ramp)[:, 0, 8:-8, 8:-8]
    spread = inner.flatten(1).std(1)
    assert (spread > 0.005).all()
    neighbours = (inner[:, 1:] - inner[:, :-1]).abs().amax((1, 2))
    assert (neighbours < inner.abs().amax((1, 2)) / 2).all()  # smooth


def test_colour_changes_every_pixel_of_a_photo_alike(photos):
    changed = augment_photos(photos, PhotoAugmentationConfig(colour=0.05), randomness())
    for before, after in zip(photos, changed, strict=True):
        for channel in range(3):
            slope, offset = np.polyfit(before[channel].ravel(), after[channel].ravel(), 1)
            np.testing.assert_allclose(after[channel], slope * before[channel] + offset, atol=1e-5)
            assert abs(math.log(slope)) < 0.25
    assert changed.mean((1, 2, 3)).std() > 0.01


def test_two_processes_together_change_photos_as_one_does(photos):
    config = PhotoAugmentationConfig(rotation=9.0, scale=0.1, shift=0.1, elastic=0.02, colour=0.1)
    whole = augment_photos(photos, config, randomness())
    for share in Share().split(2):
        half = augment_photos(photos[share.rows], config, randomness(share))
        torch.testing.assert_close(half, whole[share.rows])
