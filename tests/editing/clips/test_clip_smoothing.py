"""What an edit adds is averaged over neighbouring frames, along the motion of the picture."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from PIL import Image
from small_clips import clouds

from stylemapgan.editing.clips.clip import ClipFrame, EditedFrame
from stylemapgan.editing.clips.smoothing import smoothed
from stylemapgan.editing.photo import FullPhoto

HEIGHT, WIDTH, RATE = 64, 96, 10
EDITED = slice(20, 44), slice(30, 60)
"""Where the edit is in a picture that stands still."""
SPEED = 2
"""Pixels that a moving picture goes to the left in each frame."""


def frame(number: int, before: np.ndarray, after: np.ndarray) -> EditedFrame:
    source = ClipFrame(
        number=number,
        start=Fraction(number, RATE),
        duration=Fraction(1, RATE),
        photo=FullPhoto(pixels=Image.fromarray(before)),
    )
    return EditedFrame(source=source, photo=FullPhoto(pixels=Image.fromarray(after)))


def edited(before: np.ndarray, added: np.ndarray, left: int = EDITED[1].start) -> np.ndarray:
    after = before.copy()
    after[EDITED[0], left : left + added.shape[1]] += added
    return after


def additions(count: int) -> np.ndarray:
    """Draw random changes of the edited area, each from 1 to 60."""
    shape = (count, *(part.stop - part.start for part in EDITED), 3)
    return np.random.default_rng(0).integers(1, 61, shape).astype(np.uint8)


def ground(width: int = WIDTH) -> np.ndarray:
    """Draw a picture with details everywhere, dark enough for additions."""
    grain = np.random.default_rng(1).integers(0, 60, (HEIGHT // 4, width // 4, 3)).astype(np.uint8)
    fine = Image.fromarray(grain).resize((width, HEIGHT), Image.Resampling.BICUBIC)
    return clouds(3, HEIGHT, width) // 2 + np.asarray(fine)


def pixels(frames: Sequence[EditedFrame], deviation: float) -> list[np.ndarray]:
    return [np.asarray(each.photo.pixels) for each in smoothed(iter(frames), deviation)]


def test_where_nothing_moves_additions_are_averaged_by_a_gaussian():
    before, added = ground(), additions(12)

    found = pixels([frame(n, before, edited(before, each)) for n, each in enumerate(added)], 0.16)

    for number, seen in enumerate(found):
        near = [other for other in range(12) if abs(other - number) <= 3]  # two deviations
        weights = np.exp(-0.5 * ((np.array(near) - number) / 1.6) ** 2)
        mean = sum(w * added[other].astype(float) for w, other in zip(weights, near, strict=True))
        expected = before[EDITED] + mean / weights.sum()
        assert np.abs(seen[EDITED] - expected).max() <= 0.51  # rounded to whole levels


def test_additions_move_along_with_the_picture():
    panorama, pattern = ground(WIDTH + 9 * SPEED), additions(1)[0] // 2
    noise = additions(9) // 2
    frames, truths = [], []
    for number in range(9):
        before = panorama[:, number * SPEED :][:, :WIDTH].copy()
        left = EDITED[1].start + (4 - number) * SPEED  # with the picture
        frames.append(frame(number, before, edited(before, pattern + noise[number], left)))
        truths.append(edited(before, pattern, left).astype(float) + noise.mean() * 1.0)

    middle = pixels(frames, 0.2)[4]

    own = np.asarray(frames[4].photo.pixels).astype(float)
    inner = slice(24, 40), slice(34, 56)
    before, after = (np.std(each[inner] - truths[4][inner]) for each in (own, middle))
    assert after < 0.5 * before


def test_without_smoothing_each_frame_stays_as_it_is():
    before = ground()
    frames = [frame(n, before, edited(before, each)) for n, each in enumerate(additions(4))]
    assert list(smoothed(iter(frames), 0.0)) == frames


def test_equal_frames_stay_exactly_equal():
    before = ground()
    after = edited(before, additions(1)[0])
    for found in pixels([frame(number, before, after) for number in range(9)], 0.2):
        np.testing.assert_array_equal(found, after)


def test_frames_that_show_something_else_do_not_count():
    one, other = ground(), 255 - ground()
    bright, dark = additions(2)
    after = edited(one, bright)
    frames = [frame(number, other, other - after // 4) for number in range(4)]
    frames.append(frame(4, one, after))
    frames += [frame(number, other, edited(other // 2, dark)) for number in range(5, 9)]

    found = pixels(frames, 0.2)[4]

    np.testing.assert_allclose(found, after, atol=1)


def test_pixels_that_the_edit_leaves_alone_stay():
    random = np.random.default_rng(4)
    frames = []
    for number, added in enumerate(additions(7)):
        before = ground() + random.integers(0, 3, (HEIGHT, WIDTH, 3)).astype(np.uint8)
        added[number:, :number] = 0  # another part of the area in each frame
        frames.append(frame(number, before, edited(before, added)))

    for own, found in zip(frames, pixels(frames, 0.2), strict=True):
        before = np.asarray(own.source.photo.pixels)
        is_kept = (np.asarray(own.photo.pixels) == before).all(axis=-1)
        np.testing.assert_array_equal(found[is_kept], before[is_kept])


def test_frames_without_an_edit_between_others_stay():
    before = ground()
    after = edited(before, additions(1)[0])
    frames = [frame(0, before, after), frame(1, before, before), frame(2, before, after)]
    for expected, found in zip((after, before, after), pixels(frames, 0.2), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_transparency_stays():
    before = np.dstack([ground(), np.indices((HEIGHT, WIDTH)).sum(axis=0).astype(np.uint8)])
    frames = []
    for number, added in enumerate(additions(5)):
        after = before.copy()
        after[..., :3] = edited(before[..., :3], added)
        frames.append(frame(number, before, after))

    for found in pixels(frames, 0.2):
        np.testing.assert_array_equal(found[..., 3], before[..., 3])
