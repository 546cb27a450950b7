"""Place a reference's photo over the square of the photo that is edited.

A part of an edit turns, scales and moves what the model sees of a reference. The same is done to
the reference's photo, by one affine transform and at any resolution.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64, UInt8
from PIL import Image

from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.sampling import between_profiles
from stylemapgan.editing.photo.square import MATRICES, Point, Square, stored_square, turn
from stylemapgan.images.colour import opaque
from stylemapgan.types import Images, Mask

MARGIN = 3
"""Pixels around a part of the reference that filters may look at."""
FINER = 3
"""How many times finer a reference becomes before it is turned bilinearly; odd, so that an unturned
one keeps its pixels."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in whole pixels."""
Affine = Float64[np.ndarray, "3 3"]
"""Maps points (right, down, 1) of one picture to those of another."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlacedPhoto:
    """A reference's photo as a part of an edit places it over the source's square."""

    photo: FullPhoto
    """The reference at its full resolution."""
    square: Square
    """What of it lies over the source's square."""
    reconstruction: Images
    """What the model makes of the reference, placed alike, (1, 3, S, S)."""
    _cut: dict[int, UInt8[np.ndarray, "size size 3"]] = field(default_factory=dict, init=False)

    def pixels(self, size: int) -> UInt8[np.ndarray, "size size 3"]:
        """Cut out what lies over the source's square, as sRGB bytes; remembered for each size."""
        if size not in self._cut:
            self._cut[size] = self.photo.crop_pixels(self.square, size)
        return self._cut[size]

    def for_previews(self, resolution: int) -> "PlacedPhoto":
        """Give the same placement without the full photo, which need not stay in memory.

        Args:
            resolution: Width and height of the previews, in pixels.
        """
        size = self.reconstruction.shape[-1]
        cut = {resolution: self.pixels(resolution), size: self.pixels(size)}
        whole = Square(x=resolution / 2, y=resolution / 2, side=float(resolution))
        shown = FullPhoto(pixels=Image.fromarray(cut[resolution]))
        placed = PlacedPhoto(photo=shown, square=whole, reconstruction=self.reconstruction)
        placed._cut.update(cut)
        return placed


@dataclass(frozen=True, kw_only=True, eq=False)
class PlacedReference:
    """What one part of an edit may take pixels from."""

    mask: Mask
    """Where the part lands, times its strength, (1, 1, S, S) in [0, 1]."""
    picture: PlacedPhoto | None
    """None if it is invented: it covers the parts before it and supplies no pixels."""


def shifted_square(square: Square, size: int, shift: tuple[int, int]) -> Square:
    """Find the square that shows the same picture moved.

    Args:
        square: What the model sees now.
        size: Height and width of the model's image, in pixels.
        shift: How far the picture moves down and to the right, in those pixels.
    """
    down, right = shift
    unit = square.side / size
    off = turn((right * unit, down * unit), square.rotation)
    return Square(
        x=square.x - off[0], y=square.y - off[1], side=square.side, rotation=square.rotation
    )


class Placement:
    """A placed reference in the layout and the colours of the photo that is edited."""

    def __init__(self, placed: PlacedPhoto, onto: FullPhoto, square: Square) -> None:
        """Prepare; nothing is resampled yet.

        Args:
            placed: The reference.
            onto: The photo that is edited.
            square: Which square of it.
        """
        photo = placed.photo
        there = _from_unit(placed.square, photo)
        self._matrix = there @ np.linalg.inv(_from_unit(square, onto))
        step = placed.square.side / square.side  # the reference's pixels in one of the photo's
        self._factor = max(1, int(step))
        self._pixels = photo.pixels
        self._profiles = photo.profile, onto.profile

    def strip(self, box: Box) -> UInt8[np.ndarray, "height width 3"]:
        """Resample what lies over a box of the photo that is edited, in stored pixels.

        Where the reference ends, its edge pixels repeat.
        """
        left, top, right, bottom = box
        corners = np.array([(x, y, 1.0) for x in (left, right) for y in (top, bottom)])
        inner, offset = self._region(corners @ self._matrix.T)
        fine = FINER / self._factor
        scaled = np.diag([fine, fine, 1.0]) @ _moved(-offset[0], -offset[1]) @ self._matrix
        matrix = scaled @ _moved(float(left), float(top))
        size = (right - left, bottom - top)
        placed = inner.transform(
            size, Image.Transform.AFFINE, tuple(matrix[:2].ravel()), Image.Resampling.BILINEAR
        )
        return np.asarray(between_profiles(placed, *self._profiles))

    def _region(self, corners: Float64[np.ndarray, "4 3"]) -> tuple[Image.Image, Point]:
        """Cut out the reference around some points, and make it as fine as turning needs.

        Returns:
            The region, and the reference's pixel that its upper left corner shows.
        """
        factor, margin = self._factor, MARGIN * self._factor
        first = np.floor((corners[:, :2].min(axis=0) - margin) / factor) * factor
        last = np.ceil((corners[:, :2].max(axis=0) + margin) / factor) * factor
        width, height = self._pixels.size
        left, top = (int(at) for at in first)
        right, bottom = (int(at) for at in last)
        inside = (
            *(min(max(left, 0), width - 1), min(max(top, 0), height - 1)),
            *(max(min(right, width), 1), max(min(bottom, height), 1)),
        )
        region = opaque(self._pixels.crop(inside), "white")
        before = inside[0] - left, inside[1] - top
        after = right - inside[2], bottom - inside[3]
        if any((*before, *after)):
            widths = ((max(before[1], 0), max(after[1], 0)), (max(before[0], 0), max(after[0], 0)))
            region = Image.fromarray(np.pad(np.asarray(region), (*widths, (0, 0)), mode="edge"))
        if factor > 1:
            region = region.reduce(factor)
        size = region.width * FINER, region.height * FINER
        corner = inside[0] - max(before[0], 0), inside[1] - max(before[1], 0)
        return region.resize(size, Image.Resampling.BICUBIC), (float(corner[0]), float(corner[1]))


def _from_unit(square: Square, photo: FullPhoto) -> Affine:
    """Map the square, as seen from -0.5 to 0.5, to the stored pixels of its photo."""
    stored = stored_square(square, photo.orientation, photo.size)
    (a, b), (c, d) = MATRICES[photo.orientation]
    angle = math.radians(stored.rotation)
    cosine, sine = math.cos(angle) * stored.side, math.sin(angle) * stored.side
    turned = np.array([[cosine, -sine, stored.x], [sine, cosine, stored.y], [0, 0, 1]])
    return turned @ np.array([[a, b, 0.0], [c, d, 0.0], [0.0, 0.0, 1.0]])


def _moved(right: float, down: float) -> Affine:
    return np.array([[1.0, 0.0, right], [0.0, 1.0, down], [0.0, 0.0, 1.0]])
