"""Turn and scale a reference about the middle of what was painted on it."""

import math

import numpy as np
from jaxtyping import Float
from PIL import Image

from stylemapgan.editing.photo.square import Square

PlainMask = Float[np.ndarray, "1 1 size size"]
Point = tuple[float, float]
"""To the right and down, in pixels of the model's image."""


def middle_of(mask: PlainMask) -> Point | None:
    """Find the centre of mass of a mask, to whole pixels; None for an empty one.

    Whole pixels, so that a stroke more seldom means another picture to encode.
    """
    weight = mask[0, 0]
    total = float(weight.sum())
    if total == 0:
        return None
    places = np.arange(weight.shape[0]) + 0.5
    return (
        float(round(float(weight.sum(axis=0) @ places) / total)),
        float(round(float(weight.sum(axis=1) @ places) / total)),
    )


def turned_square(square: Square, size: int, pivot: Point, rotation: float, scale: float) -> Square:
    """Find the square that shows the same picture turned and scaled.

    Turning what is seen clockwise is turning the frame the other way about the same point.

    Args:
        square: What the model sees now.
        size: Width and height of the model's image, in pixels.
        pivot: What stays in its place.
        rotation: How far the picture turns, in degrees, clockwise.
        scale: How much larger it becomes.
    """
    unit = square.side / size
    off = (pivot[0] - size / 2, pivot[1] - size / 2)
    there = _turn((off[0] * unit, off[1] * unit), square.rotation)
    back = _turn((off[0] * unit / scale, off[1] * unit / scale), square.rotation - rotation)
    return Square(
        x=square.x + there[0] - back[0],
        y=square.y + there[1] - back[1],
        side=square.side / scale,
        rotation=square.rotation - rotation,
    )


def turned_mask(mask: PlainMask, pivot: Point, rotation: float, scale: float) -> PlainMask:
    """Turn and scale a mask about a point; nothing comes in from outside."""
    x, y = pivot
    right, down = _turn((1 / scale, 0.0), -rotation), _turn((0.0, 1 / scale), -rotation)
    matrix = (
        *(right[0], down[0], x - right[0] * x - down[0] * y),
        *(right[1], down[1], y - right[1] * x - down[1] * y),
    )
    picture = Image.fromarray(mask[0, 0].astype(np.float32))
    turned = picture.transform(
        picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
    )
    return np.clip(np.asarray(turned), 0, 1)[None, None]


def _turn(vector: Point, degrees: float) -> Point:
    """Turn a vector clockwise, as seen with y pointing down."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    return vector[0] * cos - vector[1] * sin, vector[0] * sin + vector[1] * cos
