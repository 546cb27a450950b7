"""Squares follow a face smoothly through a clip."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from stylemapgan.editing.clips.clip import ClipFrame
from stylemapgan.editing.clips.square_track import SquareTrack, survey
from stylemapgan.editing.photo import FullPhoto, Square
from stylemapgan.errors import ImageError

PHOTO = FullPhoto(pixels=Image.new("RGB", (32, 32)))


def frames(count: int, rate: int = 10) -> Iterator[ClipFrame]:
    for number in range(count):
        yield ClipFrame(
            number=number, start=Fraction(number, rate), duration=Fraction(1, rate), photo=PHOTO
        )


def square(time: float) -> Square:
    """A square that moves, grows and turns evenly."""
    return Square(
        x=100 + 30 * time, y=50 - 5 * time, side=float(80 * np.exp(0.1 * time)), rotation=4 * time
    )


def numbers(square: Square) -> list[float]:
    return [square.x, square.y, square.side, square.rotation]


@pytest.mark.parametrize("time", [0.0, 0.3, 1.5, 2.7, 4.0])
def test_even_motion_stays_as_it_is_up_to_both_ends(time):
    track = SquareTrack.of((at, square(at)) for at in (0.0, 1.0, 2.0, 3.0, 4.0))
    np.testing.assert_allclose(numbers(track.at(time)), numbers(square(time)), rtol=1e-9, atol=1e-9)


def test_one_square_is_taken_all_the_time():
    track = SquareTrack.of([(0.0, square(2.0))])
    for time in (0.0, 0.9):
        np.testing.assert_allclose(numbers(track.at(time)), numbers(square(2.0)))


def test_a_square_that_jitters_moves_without_kinks():
    jitter = np.random.default_rng(0).normal(0, 5, 60)
    track = SquareTrack.of(
        (float(at), Square(x=100 + off, y=0.0, side=80.0)) for at, off in enumerate(jitter)
    )
    times = np.arange(1, 58, 0.1)
    smooth = np.array([track.at(time).x for time in times.tolist()])
    straight = np.interp(times, np.arange(60), 100 + jitter)
    assert np.abs(np.diff(smooth, 2)).max() < 0.3 * np.abs(np.diff(straight, 2)).max()


def test_a_head_that_sways_is_followed():
    def sway(time: float) -> float:
        return 100 + 30 * float(np.sin(2 * np.pi * time / 4.3))

    track = SquareTrack.of((float(at), Square(x=sway(at), y=0.0, side=80.0)) for at in range(20))
    errors = [track.at(time).x - sway(time) for time in np.arange(2, 17, 0.1).tolist()]
    assert np.abs(errors).max() < 0.15 * 30


def test_a_head_that_turns_past_half_a_turn_does_not_spin():
    track = SquareTrack.of(
        (float(at), Square(x=0.0, y=0.0, side=9.0, rotation=turn))
        for at, turn in enumerate([170.0, 178.0, -174.0, -166.0])
    )
    assert track.at(1.5).rotation == pytest.approx(182, abs=1e-6)


def test_squares_are_found_once_a_second_and_in_the_last_frame():
    seen = []
    found = survey(frames(26), lambda photo: square(0.0), seen.append)
    np.testing.assert_allclose(found.track.times, [0, 1, 2, 2.5])
    assert (found.frames, found.end) == (26, Fraction(26, 10))
    assert seen == list(range(1, 27))


def test_a_second_without_a_face_takes_what_lies_between():
    looks = iter([square(0.0), ImageError("no face"), square(2.0), square(2.5)])

    def find(photo: FullPhoto) -> Square:
        found = next(looks)
        if isinstance(found, ImageError):
            raise found
        return found

    track = survey(frames(26), find).track
    np.testing.assert_allclose(numbers(track.at(1.0)), numbers(square(1.0)), rtol=1e-9)


def test_a_clip_without_any_face_gives_the_reason():
    def find(photo: FullPhoto) -> Square:
        raise ImageError("No face was found in the photo.")

    with pytest.raises(ImageError, match="No face was found"):
        survey(frames(5), find)
