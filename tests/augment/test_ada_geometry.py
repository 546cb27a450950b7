"""Images move as points move."""

import cmath
import math

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from stylemapgan.augment.ada_geometry import (
    draw_general_motion,
    draw_pixel_motion,
    move_pixels,
    rotation,
    scaling,
    translation,
    warp,
)

SIZE = 32
P = 0.4


def affine(*numbers: float) -> torch.Tensor:
    """One matrix from its two upper rows."""
    return torch.tensor([*numbers, 0.0, 0.0, 1.0]).view(1, 3, 3)


def waves(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Smooth pictures that go on mirrored beyond their border; nothing else is symmetric."""
    along_x, along_y = np.pi * x / (SIZE - 1), np.pi * y / (SIZE - 1)
    return np.stack(
        [
            np.cos(along_x) + 0.5 * np.cos(2 * along_y),
            np.cos(3 * along_x) * np.cos(along_y),
            0.7 * np.cos(2 * along_x) * np.cos(3 * along_y) + 0.2,
        ]
    )


@pytest.mark.parametrize(
    "motion",
    [
        affine(1, 0, 2.3, 0, 1, -4.7),
        affine(1, 0, 19, 0, 1, 50.5),  # far out of view
        affine(math.cos(0.7), -math.sin(0.7), 0, math.sin(0.7), math.cos(0.7), 0),
        affine(1.3, 0, 0, 0, 0.8, 0),
        affine(-1, 0, 0, 0, 1, 0),
        affine(0.9, -0.4, 3.2, 0.5, 1.1, -1.9),
    ],
)
def test_warping_a_smooth_picture_evaluates_it_at_the_points_that_move_there(motion):
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    middle = (SIZE - 1) / 2
    (a, b, right), (c, d, down) = motion[0, :2].double().tolist()
    out_x, out_y = x - middle - right, y - middle - down
    from_x = (d * out_x - b * out_y) / (a * d - b * c) + middle
    from_y = (a * out_y - c * out_x) / (a * d - b * c) + middle
    warped = warp(torch.from_numpy(waves(x, y)[None]), motion)
    np.testing.assert_allclose(warped[0].numpy(), waves(from_x, from_y), atol=0.02)


def test_a_motion_that_does_nothing_changes_nothing():
    images = torch.randn(2, 3, SIZE, SIZE)
    still = torch.eye(3).expand(2, 3, 3)
    torch.testing.assert_close(warp(images, still), images, atol=1e-5, rtol=0)
    assert torch.equal(move_pixels(images, still), images)


def test_general_motions_are_made_of_the_papers_motions_in_its_order(chances):
    motions = draw_general_motion(chances(50), SIZE)
    draws = chances(50).randomness

    def normal(*shape):
        drawn = draws.normal(50, *shape).double().numpy()
        draws.uniform(50)  # whether it happens: always
        return drawn

    def angle():
        drawn = draws.uniform(50).double().numpy()
        draws.uniform(50)
        return (2 * drawn - 1) * math.pi

    drawn = (normal(), angle(), normal(), angle(), normal(2))
    for motion, scale, before, stretch, after, shift in zip(motions, *drawn, strict=True):
        point = complex(5, -3)
        point *= math.exp(0.2 * math.log(2) * scale)
        point *= cmath.exp(1j * before)
        factor = math.exp(0.2 * math.log(2) * stretch)
        point = complex(point.real * factor, point.imag / factor)
        point *= cmath.exp(1j * after)
        point += complex(*(0.125 * SIZE * shift))
        expected = torch.tensor([point.real, point.imag, 1])
        torch.testing.assert_close(motion @ torch.tensor([5.0, -3.0, 1.0]), expected)


def test_pixel_motions_are_flips_quarter_turns_and_small_whole_shifts(chances):
    motions = draw_pixel_motion(chances(500), SIZE)
    torch.testing.assert_close(motions, motions.round(), atol=1e-5, rtol=0)
    poses = {tuple(m[:2, :2].flatten().round().int().tolist()) for m in motions}
    assert len(poses) == 8
    assert motions[:, :2, 2].abs().max().round() == SIZE / 8


def test_pixels_move_as_numpy_turns_and_flips_them():
    images = torch.randn(1, 3, 8, 8)
    quarter = rotation(torch.tensor([math.pi / 2]))  # from x, rightwards, towards y, downwards
    turned = np.rot90(images[0].numpy(), k=-1, axes=(1, 2))
    np.testing.assert_array_equal(move_pixels(images, quarter)[0].numpy(), turned)

    flip = scaling(torch.tensor([-1.0]), torch.tensor([1.0]))
    np.testing.assert_array_equal(
        move_pixels(images, flip)[0].numpy(), images[0].numpy()[:, :, ::-1]
    )

    shift = translation(torch.tensor([[2.0, -1.0]]))  # 2 to the right, 1 up
    padded = np.pad(images[0].numpy(), ((0, 0), (2, 2), (2, 2)), mode="reflect")
    np.testing.assert_array_equal(move_pixels(images, shift)[0].numpy(), padded[:, 3:11, 0:8])


def test_warping_and_moving_pixels_agree(chances):
    images = torch.from_numpy(waves(*np.mgrid[:SIZE, :SIZE].astype(float))).float()
    images = images.expand(20, -1, -1, -1)
    motion = draw_pixel_motion(chances(20), SIZE)
    torch.testing.assert_close(warp(images, motion), move_pixels(images, motion), atol=0.02, rtol=0)


def test_each_pixel_motion_happens_to_a_share_p_of_the_images(chances):
    motions = draw_pixel_motion(chances(4000, P), SIZE)
    linear, shift = motions[:, :2, :2], motions[:, :2, 2]
    flipped = linear.det() < 0
    turned = (linear[:, 0, 1].abs() > 0.5) | (linear[:, 1, 1] < 0)
    shifted = (shift != 0).any(dim=1)
    assert flipped.float().mean().item() == pytest.approx(P / 2, abs=0.02)
    assert turned.float().mean().item() == pytest.approx(P * 3 / 4, abs=0.02)
    assert shifted.float().mean().item() == pytest.approx(P * (1 - 1 / 64), abs=0.03)


def test_each_general_motion_happens_to_a_share_p_of_the_images(chances):
    motions = draw_general_motion(chances(4000, P), SIZE)
    linear, shift = motions[:, :2, :2], motions[:, :2, 2]
    area = linear.det()
    long, short = torch.linalg.svdvals(linear).unbind(1)
    scaled = (area - 1).abs() > 1e-4
    stretched = long / short > 1 + 1e-4
    rotated = (linear[:, 0, 1].abs() > 1e-4) | (linear[:, 1, 0].abs() > 1e-4)
    for happened in (scaled, stretched, rotated, (shift != 0).any(dim=1)):
        assert happened.float().mean().item() == pytest.approx(P, abs=0.025)
    assert (area.log2() / 2)[scaled].std().item() == pytest.approx(0.2, abs=0.01)
    assert shift[shift != 0].std().item() == pytest.approx(SIZE / 8, abs=0.2)


@pytest.mark.parametrize("move", [warp, move_pixels])
def test_gradients_of_motions_are_finite_differences(move, chances):
    motion = draw_pixel_motion(chances(2), 8)
    if move is warp:
        motion = draw_general_motion(chances(2), 8) @ motion
    images = torch.randn(2, 3, 8, 8, dtype=torch.float64).requires_grad_()
    assert gradcheck(lambda x: move(x, motion), (images,))
