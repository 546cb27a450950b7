"""The structure of what a model draws: how its pictures differ between neighbours."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from stylemapgan.editing.photo.filters import box_blur

PATCH = 1 / 64
"""Radius within which structures are compared, as a share of the side."""
QUIET = 2.0
"""Contrast between neighbours, in levels of 255, that counts as no structure."""

Plane = Float32[np.ndarray, "1 height width"]
Picture = Float32[np.ndarray, "3 height width"]
"""Red, green and blue."""
Window = tuple[slice, slice, slice]
"""All planes, and some rows and columns."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture that a model drew, and its contrast around each pixel.

    Make it once for a picture that is compared with many.
    """

    picture: Picture
    contrast: Plane
    radius: int
    """How far around, in pixels."""

    @classmethod
    def of(cls, picture: Picture, size: int) -> "Drawn":
        """Find the contrast.

        Args:
            picture: In levels of 255.
            size: Pixels along a side of the whole square, if this is a window of it.
        """
        radius = max(1, round(size * PATCH))
        return cls(picture, _contrast(picture, radius), radius)

    def window(self, window: Window) -> "Drawn":
        """Cut out a part of it."""
        return Drawn(self.picture[window], self.contrast[window], self.radius)

    def difference(self, other: "Drawn") -> Plane:
        """Compare structure around each pixel.

        Returns:
            0 where it is equal; unrelated structures give about 1.4, and structure beside none
            gives 2.
        """
        contrast = np.float32(0.5) * (self.contrast + other.contrast)
        contrast += np.float32(QUIET)
        return _contrast(self.picture - other.picture, self.radius) / contrast


def _contrast(picture: Picture, radius: int) -> Plane:
    """Root mean square difference between neighbours, around each pixel."""
    squares = np.zeros((1, *picture.shape[1:]), np.float32)
    squares[0, :-1] += np.square(picture[:, 1:] - picture[:, :-1]).sum(axis=0)
    squares[0, :, :-1] += np.square(picture[..., 1:] - picture[..., :-1]).sum(axis=0)
    return np.sqrt(box_blur(squares, radius) / len(picture))
