"""Clips whose motion is known: a picture warped along a smooth field, seen by a moving camera.

Frame t shows at x what the picture has at B(x), a smooth map of an amount a and a camera's shift c:

    B(x) = x - c - a · D(x - c)

The flow between two frames follows from their maps, so it is exact but for rounding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Float64, UInt8
from scipy.ndimage import map_coordinates, spline_filter

ROUNDS = 16
"""Of the fixed-point iteration that inverts a map; fields change by less than a pixel a pixel."""

Points = Float64[np.ndarray, "2 height width"]
"""Down and to the right, in pixels."""
Box = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True)
class Pose:
    """How the picture shows in one frame."""

    amount: float
    """How much of the field: 0 is the picture itself."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Of the camera: how far the picture moves down and to the right, in pixels."""


@dataclass(frozen=True, eq=False)
class MovingPicture:
    """A picture that moves, and the flow between its frames."""

    picture: UInt8[np.ndarray, "height width 3"]
    field: Points
    """How far each point moves at an amount of 1."""
    poses: Sequence[Pose]
    """One for each frame."""
    noise: float = 0.0
    """Standard deviation of a camera's noise, in levels of 255."""

    def frames(self) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
        """Draw the frames; the same ones each time."""
        random = np.random.default_rng(0)
        planes = np.moveaxis(self.picture.astype(np.float64), -1, 0)
        splines = np.stack([spline_filter(plane, mode="nearest") for plane in planes])
        for pose in self.poses:
            shown = _sampled(splines, self._origin(pose, self._grid()), order=3)
            shown += self.noise * random.standard_normal(shown.shape)
            yield np.rint(np.clip(np.moveaxis(shown, 0, -1), 0, 255)).astype(np.uint8)

    def flows(self, box: Box | None = None) -> Iterator[Points]:
        """Give the flow from each frame to the next: where a point goes, less where it is.

        Args:
            box: The part of each frame that it is given for; all of it if None.
        """
        grid = self._grid(box)
        for now, then in pairwise(self.poses):
            origin = self._origin(now, grid)
            there = origin + _column(then.shift)
            for _ in range(ROUNDS):
                there = origin + self._moved(there - _column(then.shift), then)
            yield there - grid

    def _origin(self, pose: Pose, grid: Points) -> Points:
        """Find what point of the picture each pixel shows."""
        unshifted = grid - _column(pose.shift)
        return unshifted - pose.amount * _sampled(self.field, unshifted, order=1)

    def _moved(self, unshifted: Points, pose: Pose) -> Points:
        return _column(pose.shift) + pose.amount * _sampled(self.field, unshifted, order=1)

    def _grid(self, box: Box | None = None) -> Points:
        grid = np.indices(self.picture.shape[:2]).astype(np.float64)
        return grid if box is None else grid[:, *box]


def field_between(
    before: Float[np.ndarray, "points 2"],
    after: Float[np.ndarray, "points 2"],
    size: tuple[int, int],
    reach: float,
) -> Points:
    """Spread the motion of points over a picture; it fades out away from them.

    Args:
        before: Where points are, down and to the right.
        after: Where they go.
        size: Height and width of the picture.
        reach: Standard deviation, in pixels, of the Gaussian that spreads a point's motion.
    """
    step = max(1, round(reach / 4))
    rows, columns = np.arange(0, size[0] + step, step), np.arange(0, size[1] + step, step)
    nodes = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1)[:, :, None]
    distance = np.square(nodes - before).sum(axis=-1)  # (rows, columns, points)
    weight = np.exp(-0.5 * distance / reach**2)
    motion = weight @ (after - before) / (weight.sum(axis=-1, keepdims=True) + 1)
    grid = np.indices(size) / step
    return _sampled(np.moveaxis(motion, -1, 0), grid, order=1)


def _sampled(
    planes: Float[np.ndarray, "planes rows columns"], points: Points, order: int
) -> Float64[np.ndarray, "planes height width"]:
    """Look planes up between their pixels, or the splines through them; the edge repeats."""
    return np.stack(
        [
            map_coordinates(each, points, order=order, mode="nearest", prefilter=False)
            for each in planes
        ]
    )


def _column(shift: tuple[float, float]) -> Float64[np.ndarray, "2 1 1"]:
    return np.array(shift, np.float64)[:, None, None]
