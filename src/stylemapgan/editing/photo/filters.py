"""Filters of pictures as arrays (rows, columns, channels)."""

import numpy as np
from jaxtyping import Float32

Map = Float32[np.ndarray, "rows columns channels"]

LEAST_WEIGHT = np.float32(1e-4)
"""Keeps the division finite where nothing is known."""


def continue_inwards(values: Map, weight: Float32[np.ndarray, "rows columns 1"]) -> Map:
    """Keep values where their weight is 1 and fill the rest smoothly from around.

    Averages of ever larger blocks fill what finer ones leave unknown: a quick stand-in for the
    membrane that a Poisson solver stretches across a hole.

    Source: Gortler et al., The Lumigraph, SIGGRAPH 1996, section 3.4 (pull-push).
    """
    pyramid = [np.concatenate([values * weight, weight], axis=-1)]
    while not (pyramid[-1].shape[0] % 2 or pyramid[-1].shape[1] % 2):
        pyramid.append(_halved(pyramid[-1]))
    total = pyramid[-1].mean(axis=(0, 1), keepdims=True)
    filled = total[..., :-1] / (total[..., -1:] + LEAST_WEIGHT)
    filled = _filled(pyramid[-1], filled)
    for level in reversed(pyramid[:-1]):
        filled = _filled(level, _doubled(filled))
    return filled


def widen(mask: Map, radius: int) -> Map:
    """Give each pixel the largest value within a square of `2 * radius + 1` pixels."""
    for axis in (0, 1):
        reached = 0
        while reached < radius:  # windows grow by as much as they already span
            step = min(radius - reached, 2 * reached + 1)
            mask = np.maximum(mask, np.maximum(_moved(mask, step, axis), _moved(mask, -step, axis)))
            reached += step
    return mask


def box_blur(values: Map, radius: int) -> Map:
    """Average within a square of `2 * radius + 1` pixels; edge pixels repeat.

    Where a window holds nothing but zeros the average is exactly 0.
    """
    for axis in (0, 1):
        length = values.shape[axis]
        places = np.arange(-radius, length + radius).clip(0, length - 1)
        values = _sliding_sum(values.take(places, axis=axis), radius, axis)
    return values * np.float32((2 * radius + 1) ** -2)


def _sliding_sum(values: Map, radius: int, axis: int) -> Float32[np.ndarray, "_ _ channels"]:
    """Sum windows of `2 * radius + 1` pixels along an axis, from spans of 1, 2, 4, … pixels."""
    length = values.shape[axis] - 2 * radius
    total = _along(values, axis, 0, length)
    start, span = 1, 1
    while span <= radius:
        count = values.shape[axis] - span
        values = _along(values, axis, 0, count) + _along(values, axis, span, count)
        span *= 2
        if (2 * radius + 1) & span:
            total = total + _along(values, axis, start, length)
            start += span
    return total


def _along(values: Map, axis: int, start: int, length: int) -> Float32[np.ndarray, "_ _ channels"]:
    return values[start : start + length] if axis == 0 else values[:, start : start + length]


def rise(values: Map, start: float, end: float) -> Map:
    """Go smoothly from 0 up to `start` to 1 from `end`."""
    position = np.clip((values - start) / (end - start), 0, 1)
    return position * position * (3 - 2 * position)


def _halved(level: Map) -> Float32[np.ndarray, "_ _ channels"]:
    """Sum blocks of two by two pixels, values and weight alike; a weight never exceeds 1."""
    rows = level[::2] + level[1::2]
    sums = rows[:, ::2] + rows[:, 1::2]
    return sums / np.maximum(sums[..., -1:], 1)


def _filled(
    level: Float32[np.ndarray, "rows columns _"],
    background: Float32[np.ndarray, "#rows #columns channels"],
) -> Map:
    """Show the background as far as a level's weight leaves it open."""
    return level[..., :-1] + (1 - level[..., -1:]) * background


def _doubled(values: Map) -> Float32[np.ndarray, "_ _ channels"]:
    """Make a picture twice as large, bilinearly."""
    for axis in (0, 1):
        near, far = 0.75 * values, 0.25 * values
        places = np.arange(values.shape[axis])
        before, after = (far.take(places + step, axis=axis, mode="clip") for step in (-1, 1))
        pair = np.stack([near + before, near + after], axis + 1)
        shape = list(values.shape)
        shape[axis] *= 2
        values = pair.reshape(shape)
    return values


def _moved(mask: Map, step: int, axis: int) -> Map:
    """Shift along an axis; zeros come in."""
    moved = np.zeros_like(mask)
    to, origin = (slice(step, None), slice(None, -step))
    if step < 0:
        to, origin = slice(None, step), slice(-step, None)
    if axis:
        moved[:, to] = mask[:, origin]
    else:
        moved[to] = mask[origin]
    return moved
