"""The square that a model sees of each frame: found once a second, and smoothed over time."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from jaxtyping import Float64

from stylemapgan.editing.clips.clip import ClipFrame
from stylemapgan.editing.photo import FullPhoto, Square
from stylemapgan.errors import ImageError

INTERVAL = 1
"""Seconds between two frames whose squares are found."""
DEVIATION = 0.25
"""Standard deviation, in seconds, of the Gaussian that smooths squares."""
REACH = 2.0
"""Deviations up to which it looks to both sides."""
POINTS = 41
"""Times within that reach at which squares are averaged."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SquareTrack:
    """Where the square lies at any time."""

    times: Float64[np.ndarray, " found"]
    """When squares were found, in seconds, rising."""
    numbers: Float64[np.ndarray, "found 4"]
    """Of these squares: centre x and y, logarithm of the side, rotation without leaps."""

    @classmethod
    def of(cls, found: Iterable[tuple[float, Square]]) -> "SquareTrack":
        """Make the track of squares; there is at least one.

        Args:
            found: When each was found, rising, and the square.
        """
        pairs = list(found)
        numbers = np.array([(s.x, s.y, math.log(s.side), s.rotation) for _, s in pairs])
        numbers[:, 3] = np.unwrap(numbers[:, 3], period=360.0)
        return cls(times=np.array([time for time, _ in pairs], np.float64), numbers=numbers)

    def at(self, time: float) -> Square:
        """Interpolate between the found squares and average around a time.

        Beyond the first and the last one, squares go on as they began and ended, mirrored through
        that square, so that even motion is kept.
        """
        offsets = np.linspace(-REACH * DEVIATION, REACH * DEVIATION, POINTS)
        weights = np.exp(-0.5 * (offsets / DEVIATION) ** 2)
        x, y, growth, rotation = weights @ self._interpolated(time + offsets) / weights.sum()
        return Square(
            x=float(x), y=float(y), side=math.exp(float(growth)), rotation=float(rotation)
        )

    def _interpolated(self, times: Float64[np.ndarray, " times"]) -> Float64[np.ndarray, "times 4"]:
        inside = np.clip(times, self.times[0], self.times[-1])
        mirrored = 2 * inside - times
        return 2 * self._between(inside) - self._between(mirrored)

    def _between(self, times: Float64[np.ndarray, " times"]) -> Float64[np.ndarray, "times 4"]:
        """Interpolate by cubic polynomials that pass each square with the speed around it.

        Source: Catmull and Rom, A class of local interpolating splines, 1974.
        """
        if len(self.times) == 1:
            return np.repeat(self.numbers, len(times), axis=0)
        speeds = np.gradient(self.numbers, self.times, axis=0)
        after = np.clip(np.searchsorted(self.times, times), 1, len(self.times) - 1)
        before = after - 1
        length = (self.times[after] - self.times[before])[:, None]
        part = (times - self.times[before])[:, None] / length
        start, end = self.numbers[before], self.numbers[after]
        rise = part**2 * (3 - 2 * part)
        leaving = part * (1 - part) ** 2 * length * speeds[before]
        arriving = part**2 * (part - 1) * length * speeds[after]
        return start + rise * (end - start) + leaving + arriving


@dataclass(frozen=True, kw_only=True, eq=False)
class Survey:
    """What a first look at all frames finds out."""

    track: SquareTrack
    frames: int
    """How many there are."""
    end: Fraction
    """When the last one ends, in seconds."""


def survey(
    frames: Iterable[ClipFrame],
    find: Callable[[FullPhoto], Square],
    on_frame: Callable[[int], None] = lambda number: None,
) -> Survey:
    """Find the square in one frame of each second, and in the last one.

    A second without a face takes what lies between its neighbours.

    Args:
        frames: All of them; none is kept but the last.
        find: Finds the square of a frame.
        on_frame: Called with the number of frames looked through.

    Raises:
        ImageError: No frame shows a face; the message is the first frame's.
    """
    looks: list[tuple[float, Square | ImageError]] = []
    due, last, number = Fraction(0), None, 0
    for number, frame in enumerate(frames, start=1):
        last = frame
        if frame.start >= due:
            due = (frame.start // INTERVAL + 1) * INTERVAL
            looks.append((float(frame.start), _look(frame, find)))
        on_frame(number)
    if last is None:
        raise ImageError("The clip holds no frames.")
    if looks[-1][0] != float(last.start):
        looks.append((float(last.start), _look(last, find)))
    found = [(time, square) for time, square in looks if isinstance(square, Square)]
    if not found:
        raise next(problem for _, problem in looks if isinstance(problem, ImageError))
    return Survey(track=SquareTrack.of(found), frames=number, end=last.start + last.duration)


def _look(frame: ClipFrame, find: Callable[[FullPhoto], Square]) -> Square | ImageError:
    try:
        return find(frame.photo)
    except ImageError as error:
        return error
