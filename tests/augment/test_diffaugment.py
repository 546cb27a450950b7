"""Augmentations do to each image what a plain loop over images does."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from stylemapgan.augment.diffaugment import (
    TRANSFORMS,
    change_colour,
    cut_out,
    diff_augment,
    translate,
)
from stylemapgan.augment.randomness import BatchRandomness
from stylemapgan.types import WHOLE, Share

Transform = Callable[[torch.Tensor, BatchRandomness], torch.Tensor]


def seeded(seed: int = 3, share: Share = WHOLE) -> BatchRandomness:
    return BatchRandomness(torch.Generator().manual_seed(seed), share)


def draws(count: int, batch: int) -> np.ndarray:
    """The numbers that a transformation draws from `seeded()`: (count, batch)."""
    return torch.rand(batch, count, generator=seeded().generator).T.numpy()


def photos(batch: int = 5, height: int = 16, width: int = 24) -> torch.Tensor:
    return torch.rand(batch, 3, height, width) * 2 - 1


def test_colours_change_as_a_loop_changes_them():
    images = photos()
    changed = change_colour(images, seeded()).numpy()
    for image, result, (bright, saturate, contrast) in zip(
        images.double().numpy(), changed, draws(3, 5).T, strict=True
    ):
        expected = image + (bright - 0.5)
        grey = (expected[0] + expected[1] + expected[2]) / 3
        expected = np.stack([grey + (c - grey) * 2 * saturate for c in expected])
        expected = expected.mean() + (expected - expected.mean()) * (contrast + 0.5)
        np.testing.assert_allclose(result, expected, atol=1e-5)


def test_translation_moves_as_a_loop_moves():
    images = photos(height=16, width=24)
    moved = translate(images, seeded()).numpy()
    for image, result, (down, right) in zip(images.numpy(), moved, draws(2, 5).T, strict=True):
        shift_y = 2 - math.floor(down * 5)  # at most 2 of 16 rows
        shift_x = 3 - math.floor(right * 7)  # at most 3 of 24 columns
        expected = np.zeros_like(image)
        for y in range(16):
            for x in range(24):
                if 0 <= y + shift_y < 16 and 0 <= x + shift_x < 24:
                    expected[:, y + shift_y, x + shift_x] = image[:, y, x]
        np.testing.assert_array_equal(result, expected)


def test_cutout_cuts_as_a_loop_cuts():
    images = photos(height=16, width=24)
    holed = cut_out(images, seeded()).numpy()
    for image, result, (down, right) in zip(images.numpy(), holed, draws(2, 5).T, strict=True):
        expected = image.copy()
        for y in range(16):
            for x in range(24):
                if abs(y + 0.5 - down * 16) < 4 and abs(x + 0.5 - right * 24) < 6:
                    expected[:, y, x] = 0
        np.testing.assert_array_equal(result, expected)


def test_translation_reaches_an_eighth_in_both_directions_and_no_further():
    marked = torch.zeros(400, 3, 16, 16)
    marked[:, :, 8, 8] = 1
    places = translate(marked, seeded())[:, 0].nonzero()[:, 1:]  # (400, 2): row and column
    assert len(places) == 400
    assert places.min().item() == 6
    assert places.max().item() == 10
    assert len({tuple(place) for place in places.tolist()}) == 25


def test_cutout_holes_have_half_the_side_and_some_reach_over_the_border():
    holes = cut_out(torch.ones(400, 3, 16, 16), seeded())[:, 0] == 0
    heights = holes.any(dim=2).sum(dim=1)
    assert heights.max().item() == 8
    assert 4 <= heights.min().item() < 8
    assert holes.any(dim=0).all()  # any pixel may be lost


def test_brightness_contrast_and_saturation_stay_in_their_ranges():
    flat = torch.zeros(400, 3, 4, 4)
    shifts = change_colour(flat, seeded()).mean(dim=(1, 2, 3))
    assert shifts.min().item() == pytest.approx(-0.5, abs=0.02)
    assert shifts.max().item() == pytest.approx(0.5, abs=0.02)

    grey_ramp = torch.linspace(-1, 1, 16).view(1, 1, 4, 4).expand(400, 3, 4, 4)
    spread = change_colour(grey_ramp, seeded()).std(dim=(1, 2, 3)) / grey_ramp[0].std()
    assert spread.min().item() == pytest.approx(0.5, abs=0.02)
    assert spread.max().item() == pytest.approx(1.5, abs=0.02)

    vivid = torch.tensor([1.0, 0.0, -1.0]).view(1, 3, 1, 1).expand(400, 3, 4, 4)
    changed = change_colour(vivid, seeded())
    saturation = (changed[:, 0] - changed[:, 2]).mean(dim=(1, 2)) / 2
    assert 0 <= saturation.min().item() < 0.05
    assert 2 < saturation.max().item() < 3  # at most 2, times a contrast of at most 1.5


@pytest.mark.parametrize("name", TRANSFORMS)
def test_gradients_flow_through_every_transformation(name):
    transform: Transform = TRANSFORMS[name]
    images = photos(1, 8, 8).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: transform(x, seeded()), (images,))


def test_nothing_named_changes_nothing_and_draws_nothing():
    images, randomness = photos(), seeded()
    assert torch.equal(diff_augment(images, (), randomness), images)
    assert torch.equal(randomness.generator.get_state(), seeded().generator.get_state())


def test_equal_states_give_equal_changes_and_later_states_others():
    images, randomness = photos(), seeded()
    first = diff_augment(images, tuple(TRANSFORMS), randomness)
    assert torch.equal(first, diff_augment(images, tuple(TRANSFORMS), seeded()))
    assert not torch.equal(first, diff_augment(images, tuple(TRANSFORMS), randomness))


def test_transformations_happen_in_the_order_of_their_names():
    images, randomness = photos(), seeded()
    expected = translate(cut_out(images, randomness), randomness)
    assert torch.equal(diff_augment(images, ("cutout", "translation"), seeded()), expected)


def test_images_of_a_batch_are_changed_independently():
    same = photos(1).expand(8, -1, -1, -1)
    for name in TRANSFORMS:
        changed = diff_augment(same, (name,), seeded())
        assert len({image.numpy().tobytes() for image in changed}) > 4


def test_the_images_given_are_left_alone():
    images = photos()
    before = images.clone()
    diff_augment(images, tuple(TRANSFORMS), seeded())
    assert torch.equal(images, before)


def test_images_of_half_precision_become_float32():
    changed = diff_augment(photos().bfloat16(), tuple(TRANSFORMS), seeded())
    assert changed.dtype == torch.float32


@pytest.mark.parametrize("name", TRANSFORMS)
def test_shares_of_a_batch_together_are_the_whole_batch(name):
    images = photos(8)
    whole = diff_augment(images, (name,), seeded())
    for share in Share().split(2):
        part = diff_augment(images[share.rows], (name,), seeded(share=share))
        torch.testing.assert_close(part, whole[share.rows])
