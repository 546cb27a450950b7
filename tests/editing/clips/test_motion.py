"""Optical flow tells where the points of a picture go."""

import numpy as np
import pytest
from benchmarks.clips.moving_pictures import MovingPicture, Pose
from PIL import Image

from stylemapgan.editing.clips.motion import bring_back, find_flow


def detailed(height: int, width: int) -> np.ndarray:
    grain = np.random.default_rng(0).integers(0, 256, (height // 8, width // 8, 3))
    picture = Image.fromarray(grain.astype(np.uint8))
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("size", [(96, 128), (400, 520)], ids=["small", "shrunk"])
def test_the_flow_is_that_of_the_picture(size):
    rows, columns = np.indices(size)
    field = np.stack([2 * np.sin(columns / 30), 3 * np.cos(rows / 25)])
    picture = MovingPicture(
        detailed(*size), field, [Pose(0.0), Pose(1.0, shift=(1.5, -2.5))], noise=1.0
    )
    now, then = picture.frames()
    (truth,) = picture.flows()

    flow = find_flow(now, then)

    error = np.hypot(flow[..., 1] - truth[0], flow[..., 0] - truth[1])
    assert np.median(error) < np.median(np.hypot(*truth)) / 4
    inner = slice(16, -16), slice(16, -16)
    mistakes = [np.abs(then[inner].astype(float) - now[inner]).mean()]
    mistakes.append(np.abs(bring_back(then, flow)[inner] - now[inner]).mean())
    assert mistakes[1] < mistakes[0] / 4


def test_equal_pictures_have_no_flow():
    picture = detailed(64, 80)
    flow = find_flow(picture, picture)
    np.testing.assert_array_equal(flow, 0)
    np.testing.assert_array_equal(bring_back(picture, flow), picture)


def test_pictures_too_small_to_see_motion_have_none():
    picture = detailed(8, 80)
    np.testing.assert_array_equal(find_flow(picture, picture[:, ::-1].copy()), 0)


def test_flow_does_not_depend_on_the_number_of_threads():
    cv2 = pytest.importorskip("cv2")
    now, then = detailed(200, 200), np.roll(detailed(200, 200), 3, axis=1)
    threads = cv2.getNumThreads()
    found = []
    for number in (1, 2, 5):
        cv2.setNumThreads(number)
        found.append(find_flow(now, then))
    cv2.setNumThreads(threads)
    for flow in found[1:]:
        np.testing.assert_array_equal(flow, found[0])
