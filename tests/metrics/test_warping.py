"""Warping errors and flicker of clips, compared with closed forms and a naive loop."""

import numpy as np
import pytest

from stylemapgan.metrics.warping import flicker, warping_error

SIZE = (12, 16)
EVERYWHERE = np.ones(SIZE, bool)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*SIZE, 3)).astype(np.uint8)


def flow(down: float, right: float) -> np.ndarray:
    return np.broadcast_to(np.array([down, right])[:, None, None], (2, *SIZE)).astype(float)


def test_a_picture_that_moves_by_whole_pixels_has_no_error():
    frames = [np.roll(noise(0), (number, 2 * number), (0, 1)) for number in range(4)]
    interior = np.zeros(SIZE, bool)
    interior[4:-4, 7:-7] = True  # nothing wraps around there
    found = warping_error(frames, [flow(1, 2)] * 3, [interior] * 3)
    assert found == 0


def test_the_error_is_the_squared_difference_of_colours_from_0_to_1():
    black, grey = np.zeros((*SIZE, 3), np.uint8), np.full((*SIZE, 3), 51, np.uint8)
    assert warping_error([black, grey], [flow(0, 0)], [EVERYWHERE]) == pytest.approx(3 * 0.2**2)


def test_fractions_of_a_pixel_are_interpolated_as_a_naive_loop_does():
    now, then = noise(1), noise(2)
    total, count = 0.0, 0
    for row in range(SIZE[0]):
        for column in range(SIZE[1]):
            y, x = row + 0.25, column - 1.5
            if 0 <= y <= SIZE[0] - 1 and 0 <= x <= SIZE[1] - 1:
                top, left = int(y), int(x)
                corners = [
                    (top, left, (1 - (y - top)) * (1 - (x - left))),
                    (top, left + 1, (1 - (y - top)) * (x - left)),
                    (top + 1, left, (y - top) * (1 - (x - left))),
                    (top + 1, left + 1, (y - top) * (x - left)),
                ]
                warped = sum(w * then[r, c].astype(float) for r, c, w in corners if w)
                total += float(np.square((now[row, column] - warped) / 255).sum())
                count += 1
    found = warping_error([now, then], [flow(0.25, -1.5)], [EVERYWHERE])
    assert found == pytest.approx(total / count, rel=1e-9)


def test_only_the_region_counts():
    now = noise(3)
    then = now.copy()
    then[0] = 255 - then[0]
    below = EVERYWHERE.copy()
    below[0] = False
    assert warping_error([now, then], [flow(0, 0)], [below]) == 0
    assert warping_error([now, then], [flow(0, 0)], [EVERYWHERE]) > 0


def test_an_edit_that_adds_the_same_everywhere_does_not_flicker():
    sources = [noise(seed) // 2 for seed in range(4)]
    assert flicker(sources, [each + np.uint8(9) for each in sources], [EVERYWHERE] * 3) == 0


def test_flicker_is_the_mean_change_of_what_an_edit_adds():
    sources = [np.full((*SIZE, 3), 100, np.uint8)] * 4
    results = [each + np.uint8(3 * (number % 2)) for number, each in enumerate(sources)]
    assert flicker(sources, results, [EVERYWHERE] * 3) == pytest.approx(3)
