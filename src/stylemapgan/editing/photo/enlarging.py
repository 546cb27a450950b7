"""From a layer at the model's resolution to strips of a large photo."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from jaxtyping import Float32
from PIL import Image

from stylemapgan.editing.photo.layer import Layer
from stylemapgan.editing.photo.square import Square

STRIP_PIXELS = 1_000_000
"""Pixels worked on at once: a large photo never exists as floats."""
THREADS = 2
"""Strips that are computed at the same time."""
BLOCK = 32
"""Pixels along an axis that are enlarged at once: they take from few of the layer's."""
FINEST = 2_048
"""A turned layer is first enlarged up to this size; from there bilinear turning is exact enough."""

PADDING = 2
"""Pixels around a turned layer, whose filter reaches over its edge; edges repeat there."""
TURNED_FINER = 6
"""How many times finer than the layer's pixels those are onto which it is turned, where the photo's
are finer still."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in whole pixels."""


@dataclass(frozen=True, eq=False)
class Strip:
    """A part of the photo and what to lay over it."""

    box: Box
    planes: Float32[np.ndarray, "planes height width"]
    """Red, green and blue to add, the opacity, and the share of each reference, as in `Layer`."""


def strips(layer: Layer, square: Square, size: tuple[int, int]) -> Iterator[Callable[[], Strip]]:
    """Enlarge a layer, strip by strip, as far as it is not zero.

    There are at least as many strips as threads.

    Args:
        layer: In the photo's layout.
        square: Where it lies, in the same layout.
        size: Width and height of the photo.

    Returns:
        Functions that compute one strip each; threads may share them.
    """
    planes = np.concatenate([layer.colour, layer.opacity, layer.shares])
    left, top, right, bottom = bounds = _bounds(planes, square, size)
    if left >= right or top >= bottom:
        return
    corner = square.x - square.side / 2, square.y - square.side / 2
    grid = _Grid(planes, corner, square.side / planes.shape[-1])
    enlarge = _Straight(_turned(planes, square, bounds) if square.rotation else grid, bounds)
    height = max(1, min(STRIP_PIXELS // (right - left), math.ceil((bottom - top) / THREADS)))
    for start in range(top, bottom, height):
        yield partial(enlarge, (left, start, right, min(bottom, start + height)))


def _bounds(
    planes: Float32[np.ndarray, "planes size size"], square: Square, size: tuple[int, int]
) -> Box:
    """Find the photo's pixels that a layer may change; none if it is zero everywhere."""
    rows, columns = (np.flatnonzero(planes.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    if not len(rows):
        return (0, 0, 0, 0)
    reach = 2 * max(1.0, planes.shape[-1] / square.side) + 1  # of the filter, in the layer's pixels
    ends = [
        ((line[0] - reach) / planes.shape[-1], (line[-1] + 1 + reach) / planes.shape[-1])
        for line in (columns, rows)
    ]
    corners = np.array([(x, y) for x in ends[0] for y in ends[1]]).clip(0, 1) - 0.5
    angle = math.radians(square.rotation)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    places = np.array([square.x, square.y]) + square.side * corners @ turn
    left, top = np.floor(places.min(axis=0)).astype(int)
    right, bottom = np.ceil(places.max(axis=0)).astype(int)
    return max(0, int(left)), max(0, int(top)), min(size[0], int(right)), min(size[1], int(bottom))


@dataclass(frozen=True, eq=False)
class _Grid:
    """Planes whose rows run along the photo's."""

    planes: Float32[np.ndarray, "planes rows columns"]
    corner: tuple[float, float]
    """The photo's point under their upper left corner."""
    step: float
    """Pixels of the photo under one of theirs."""


class _Straight:
    """Enlarge planes whose rows run along the photo's: two products with matrices."""

    def __init__(self, grid: _Grid, bounds: Box) -> None:
        left, self._top, right, bottom = bounds
        planes, (x, y) = grid.planes, grid.corner
        rows, columns = planes.shape[1:]
        across = _matrix(columns, (left, right), (x, columns * grid.step))
        self._down = _matrix(rows, (self._top, bottom), (y, rows * grid.step))
        self._wide = np.empty((*planes.shape[:2], right - left), np.float32)
        for start in range(0, right - left, BLOCK):
            pixels = slice(start, start + BLOCK)
            used = _used(across[pixels])
            self._wide[..., pixels] = planes[..., used] @ across[pixels, used].T

    def __call__(self, box: Box) -> Strip:
        """Enlarge a strip as wide as the bounds."""
        _, top, _, bottom = box
        down = self._down[top - self._top : bottom - self._top]
        strip = np.empty((len(self._wide), len(down), self._wide.shape[-1]), np.float32)
        for start in range(0, len(down), BLOCK):
            pixels = slice(start, start + BLOCK)
            used = _used(down[pixels])
            strip[:, pixels] = down[pixels, used] @ self._wide[:, used]
        return Strip(box, strip)


def _used(matrix: Float32[np.ndarray, "pixels length"]) -> slice:
    """Find the layer's pixels that a few neighbouring pixels of the photo take from.

    Products with all of them would take many times as long, and several threads, which then keep
    the processor busy waiting for more.
    """
    columns = np.flatnonzero(matrix.any(axis=0))
    return slice(columns[0], columns[-1] + 1)


@lru_cache(maxsize=4)
def _matrix(
    length: int, pixels: tuple[int, int], span: tuple[float, float]
) -> Float32[np.ndarray, "pixels length"]:
    """Say what each of the photo's pixels takes from each of the layer's, along one axis.

    Resizing a picture with a single white pixel in every column writes down Pillow's filter.

    Args:
        length: Pixels of the layer.
        pixels: First pixel of the photo, and the one after the last.
        span: Where the layer begins in the photo, and its length there.
    """
    start, side = span
    scale = length / side
    padding = math.ceil(scale) + 1  # edges repeat, since a pixel may reach over them
    rows = np.pad(np.eye(length, dtype=np.float32), ((padding, padding), (0, 0)), mode="edge")
    first, last = ((pixel - start) * scale + padding for pixel in pixels)
    size = length, pixels[1] - pixels[0]
    enlarged = Image.fromarray(rows).resize(
        size, Image.Resampling.BICUBIC, box=(0, first, length, last)
    )
    return np.asarray(enlarged)


def _turned(planes: Float32[np.ndarray, "planes size size"], square: Square, bounds: Box) -> _Grid:
    """Turn a layer that lies askew onto a grid along the photo's rows.

    The layer is smooth, so a grid a few times finer than its own pixels holds all of it.
    """
    length = planes.shape[-1]
    padded = np.pad(planes, ((0, 0), (PADDING, PADDING), (PADDING, PADDING)), mode="edge")
    scale = max(1.0, min(FINEST, square.side)) / length
    side = max(1, round(padded.shape[-1] * scale))
    step = max(1, int(square.side / length / TURNED_FINER))
    left, top = bounds[0] - PADDING * step, bounds[1] - PADDING * step
    columns, rows = (
        math.ceil((end - start) / step) + 2 * PADDING
        for start, end in ((bounds[0], bounds[2]), (bounds[1], bounds[3]))
    )
    unit = side / padded.shape[-1] * length / square.side
    angle = math.radians(square.rotation)
    cosine, sine = math.cos(angle) * unit, math.sin(angle) * unit
    right, down = left - square.x, top - square.y
    matrix = (
        *(cosine * step, sine * step, side / 2 + right * cosine + down * sine),
        *(-sine * step, cosine * step, side / 2 - right * sine + down * cosine),
    )
    turned = [
        Image.fromarray(plane)
        .resize((side, side), Image.Resampling.BICUBIC)
        .transform((columns, rows), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        for plane in padded
    ]
    return _Grid(
        np.stack([np.asarray(plane) for plane in turned]), (float(left), float(top)), float(step)
    )
