"""Stylemaps are averaged over time where the picture does not move."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from stylemapgan.editing.clips.clip import ClipFrame
from stylemapgan.editing.clips.smoothing import Moment, Seen, moments
from stylemapgan.editing.photo import FullPhoto, Square

CELLS, CHANNELS, SIZE, RATE = 4, 5, 32, 10
PHOTO = FullPhoto(pixels=Image.new("RGB", (SIZE, SIZE)))
WHOLE = Square(x=16.0, y=16.0, side=32.0)


def seen(number: int, picture: np.ndarray, stylemap: np.ndarray) -> tuple[ClipFrame, Seen]:
    frame = ClipFrame(
        number=number, start=Fraction(number, RATE), duration=Fraction(1, RATE), photo=PHOTO
    )
    mask = np.zeros((1, 1, SIZE, SIZE), np.float32)
    mask[..., number:, :] = 1
    return frame, Seen(
        time=number / RATE,
        square=WHOLE,
        picture=picture,
        stylemap=stylemap,
        find_masks=lambda stylemap: {"hair": mask},
    )


def still(count: int) -> tuple[list[tuple[ClipFrame, Seen]], np.ndarray]:
    """A picture that stays the same, with stylemaps that do not."""
    random = np.random.default_rng(0)
    picture = random.uniform(-1, 1, (1, 3, SIZE, SIZE)).astype(np.float32)
    maps = random.normal(size=(count, 1, CHANNELS, CELLS, CELLS)).astype(np.float32)
    return [seen(number, picture, each) for number, each in enumerate(maps)], maps


def smoothed(frames: list[tuple[ClipFrame, Seen]], deviation: float) -> list[Moment]:
    return list(moments(iter(frames), deviation))


def test_where_nothing_moves_stylemaps_are_averaged_by_a_gaussian():
    frames, maps = still(12)

    found = smoothed(frames, 0.16)

    for number, moment in enumerate(found):
        near = [other for other in range(12) if abs(other - number) <= 3]  # two deviations
        weights = np.exp(-0.5 * ((np.array(near) - number) / 1.6) ** 2)
        expected = sum(w * maps[other] for w, other in zip(weights, near, strict=True))
        np.testing.assert_allclose(moment.stylemap, expected / weights.sum(), rtol=1e-4, atol=1e-5)


def test_without_smoothing_each_frame_stands_alone():
    frames, maps = still(4)
    for moment, own in zip(smoothed(frames, 0.0), maps, strict=True):
        np.testing.assert_array_equal(moment.stylemap, own)


def test_equal_frames_stay_exactly_equal():
    picture = np.zeros((1, 3, SIZE, SIZE), np.float32)
    own = np.random.default_rng(1).normal(size=(1, CHANNELS, CELLS, CELLS)).astype(np.float32)
    for moment in smoothed([seen(number, picture, own) for number in range(9)], 0.2):
        np.testing.assert_array_equal(moment.stylemap, own)


def test_cells_that_move_keep_their_own_stylemap_and_others_are_averaged():
    random = np.random.default_rng(2)
    frames, maps = [], []
    for number in range(9):
        picture = np.zeros((1, 3, SIZE, SIZE), np.float32)
        picture[..., :8] = random.uniform(-1, 1)  # the first column of cells
        maps.append(random.normal(size=(1, CHANNELS, CELLS, CELLS)).astype(np.float32))
        frames.append(seen(number, picture, maps[-1]))

    middle = smoothed(frames, 0.1)[4].stylemap

    reach = 2  # cells: the moving one and the one beside it, which it also shows in
    np.testing.assert_allclose(middle[..., :reach], maps[4][..., :reach], atol=0.05)
    assert np.abs(middle[..., reach:] - maps[4][..., reach:]).mean() > 0.3


def test_masks_of_parts_are_averaged_over_time():
    frames, _ = still(7)
    mask = smoothed(frames, 0.11)[3].mask("hair")
    weights = np.exp(-0.5 * (np.arange(-2, 3) / 1.1) ** 2)
    # row 2 belongs to the part in frames 0 to 2; frames 1 to 5 are near
    assert mask[0, 0, 2, 0] == pytest.approx(weights[:2].sum() / weights.sum(), rel=1e-5)
    assert mask[0, 0, 0, 0] == 0
    assert mask[0, 0, 20, 0] == 1
