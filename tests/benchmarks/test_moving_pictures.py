"""The flow of a moving picture is the true one."""

import numpy as np
import pytest
from benchmarks.clips.moving_pictures import MovingPicture, Pose, field_between
from PIL import Image

from stylemapgan.metrics.warping import warping_error

SIZE = (48, 64)


def smooth_picture() -> np.ndarray:
    coarse = np.random.default_rng(0).integers(60, 200, (5, 5, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((SIZE[1], SIZE[0]), Image.Resampling.BICUBIC))


def bump() -> np.ndarray:
    points = np.array([[24.0, 32.0], [20.0, 20.0]])
    moved = points + np.array([[3.0, -2.0], [-1.0, 2.0]])
    return field_between(points, moved, SIZE, reach=8.0)


def test_a_field_moves_its_points_and_nothing_far_away():
    points = np.array([[24.0, 32.0]])
    field = field_between(points, points + 2.0, SIZE, reach=4.0)
    np.testing.assert_allclose(field[:, 24, 32], 1.0, atol=0.05)  # half of it, by the fading
    assert np.abs(field[:, :4]).max() < 1e-3


def test_a_camera_moves_all_points_alike():
    poses = [Pose(0.0, (0.0, 0.0)), Pose(0.0, (1.5, -2.0))]
    (flow,) = MovingPicture(smooth_picture(), bump(), poses).flows()
    np.testing.assert_allclose(flow[0], 1.5, atol=1e-9)
    np.testing.assert_allclose(flow[1], -2.0, atol=1e-9)


def test_warping_along_the_flow_brings_frames_back():
    poses = [Pose(number / 3, (number / 2, number)) for number in range(4)]
    clip = MovingPicture(smooth_picture(), bump(), poses)
    frames, flows = list(clip.frames()), list(clip.flows())
    interior = np.zeros(SIZE, bool)
    interior[6:-6, 6:-6] = True

    along = warping_error(frames, flows, [interior] * 3)
    still = warping_error(frames, [np.zeros_like(flow) for flow in flows], [interior] * 3)

    assert along == pytest.approx(0, abs=1e-4)  # rounding to bytes, and bilinear interpolation
    assert still > 20 * along
