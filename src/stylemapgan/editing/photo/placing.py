"""Place a reference's photo over the square of the photo that is edited.

A part of an edit turns, scales and moves what the model sees of a reference. The same is done to
the reference's photo, by one affine transform and at any resolution.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Float64, UInt8
from PIL import Image

from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.sampling import between_profiles, from_srgb, levels_of
from stylemapgan.editing.photo.square import MATRICES, Square, stored_square, turn
from stylemapgan.editing.photo.structure import Drawn, Picture
from stylemapgan.images.colour import opaque
from stylemapgan.types import Images, Mask

STRAIGHT = 1e-6
"""Up to this sine of an angle, rows lie along rows; a photo has fewer pixels to a side."""
FILTER = 3
"""Pixels that the resampling filter reaches to, of the coarser of its two grids."""
MARGIN = 3
"""Pixels around a turned tile that filters may look at."""
FINER = 2
"""How many times finer the reference's pixels become before they are turned bilinearly."""
TILE = 256
"""Pixels along a side that are turned at once; the smaller, the less lies around a turned tile."""
REDUCING_GAP = 4.0
"""How many times finer than the result a large reference stays until the last, best filter."""

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

    @cached_property
    def seen(self) -> Picture:
        """What the model sees of it, in levels of sRGB."""
        return levels_of(self.pixels(self.reconstruction.shape[-1]))

    @cached_property
    def drawn(self) -> Drawn:
        """What the model makes of it, in levels of sRGB."""
        return Drawn.of(from_srgb(self.reconstruction, None), self.reconstruction.shape[-1])

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
        matrix = _from_unit(placed.square, photo) @ np.linalg.inv(_from_unit(square, onto))
        self._step = placed.square.side / square.side  # the reference's pixels in the photo's
        matrix[:2, :2][abs(matrix[:2, :2]) < STRAIGHT * self._step] = 0
        self._matrix = matrix
        self._pixels = photo.pixels
        self._profiles = photo.profile, onto.profile

    def strip(
        self, box: Box, share: Float32[np.ndarray, "height width"]
    ) -> UInt8[np.ndarray, "height width 3"]:
        """Resample what lies over a box of the photo that is edited, in stored pixels.

        Where the reference ends, its edge pixels repeat.

        Args:
            box: Which part of the photo.
            share: How much of the reference shows; where that is nothing, pixels may be missing.
        """
        if self._matrix[0, 0] * self._matrix[0, 1] == 0:
            return self._coloured(self._straight(box))
        left, top, right, bottom = box
        strip = np.zeros((*share.shape, 3), np.uint8)
        for down in range(0, len(share), TILE):
            for across in range(0, len(share[0]), TILE):
                tile = slice(down, down + TILE), slice(across, across + TILE)
                if share[tile].any():
                    at = left + across, top + down
                    end = min(at[0] + TILE, right), min(at[1] + TILE, bottom)
                    strip[tile] = self._coloured(np.asarray(self._turned((*at, *end))))
        return strip

    def _straight(self, box: Box) -> UInt8[np.ndarray, "height width 3"]:
        """Resample with rows along the reference's rows or columns: in one step."""
        (x, y), (end_x, end_y) = _moved_points(self._matrix, (box[:2], box[2:]))
        (a, b, _), (c, d, _) = self._matrix[:2]
        width, height = box[2] - box[0], box[3] - box[1]
        lies = a == 0
        part = (min(x, end_x), min(y, end_y), max(x, end_x), max(y, end_y))
        size = (height, width) if lies else (width, height)
        resized = np.asarray(self._resized(part, size))
        if lies:
            return resized.swapaxes(0, 1)[:: _sign(b), :: _sign(c)]
        return resized[:: _sign(d), :: _sign(a)]

    def _turned(self, box: Box) -> Image.Image:
        """Resample askew: no finer than the photo, then twice as fine, then turned bilinearly."""
        left, top, right, bottom = box
        corners = [(x, y) for x in (left, right) for y in (top, bottom)]
        points = _moved_points(self._matrix, corners)
        unit = max(1.0, self._step)
        start = np.floor(points.min(axis=0) - MARGIN * unit)  # whole pixels, which stay as they are
        columns, rows = (math.ceil(n) for n in (points.max(axis=0) - start) / unit + MARGIN)
        part = (*start, start[0] + columns * unit, start[1] + rows * unit)
        coarse = self._resized(part, (columns, rows))
        fine = coarse.resize((FINER * columns, FINER * rows), Image.Resampling.LANCZOS)
        scale = FINER / unit
        matrix = np.diag([scale, scale, 1.0]) @ _moved(-start[0], -start[1]) @ self._matrix
        coefficients = tuple((matrix @ _moved(float(left), float(top)))[:2].ravel())
        size = (right - left, bottom - top)
        return fine.transform(size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)

    def _resized(self, part: tuple[float, ...], size: tuple[int, int]) -> Image.Image:
        """Resample a part of the reference, in its stored pixels; edge pixels repeat beyond it."""
        reach = FILTER * max(1.0, self._step) + 1
        left, top = (math.floor(at - reach) for at in part[:2])
        right, bottom = (math.ceil(at + reach) for at in part[2:])
        region = _cut_out(self._pixels, (left, top, right, bottom))
        box = (part[0] - left, part[1] - top, part[2] - left, part[3] - top)
        if (box[2] - box[0], box[3] - box[1]) == size and all(at == int(at) for at in part):
            return region.crop(box)
        return region.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=REDUCING_GAP)

    def _coloured(
        self, pixels: UInt8[np.ndarray, "height width 3"]
    ) -> UInt8[np.ndarray, "height width 3"]:
        profile, target = self._profiles
        if profile == target:
            return pixels
        picture = Image.fromarray(np.ascontiguousarray(pixels))
        return np.asarray(between_profiles(picture, profile, target))


def _cut_out(pixels: Image.Image, box: Box) -> Image.Image:
    """Cut a box out of a picture and make it opaque; beyond the picture its edge repeats."""
    left, top, right, bottom = box
    width, height = pixels.size
    inner = (
        *(min(max(left, 0), width - 1), min(max(top, 0), height - 1)),
        *(max(min(right, width), 1), max(min(bottom, height), 1)),
    )
    region = opaque(pixels.crop(inner), "white")
    beyond = [
        (max(0, inner[1] - top), max(0, bottom - inner[3])),
        (max(0, inner[0] - left), max(0, right - inner[2])),
    ]
    if not np.any(beyond):
        return region
    padded = np.pad(np.asarray(region), (*beyond, (0, 0)), mode="edge")
    return Image.fromarray(padded[: bottom - top, : right - left])


def _moved_points(matrix: Affine, points: Sequence[tuple[int, int]]) -> Float64[np.ndarray, "n 2"]:
    return np.array([(x, y, 1.0) for x, y in points]) @ matrix[:2].T


def _sign(number: float) -> int:
    return 1 if number > 0 else -1


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
