"""Filters of pictures as planes: arrays (channels, rows, columns).

With the channels first, an operation runs along whole rows, also where one plane weighs three.
"""

import numpy as np
from jaxtyping import Float32

Map = Float32[np.ndarray, "channels rows columns"]

LEAST_WEIGHT = np.float32(1e-4)
"""Keeps the division finite where nothing is known."""
AXES = (1, 2)
"""Rows, then columns."""


def continue_inwards(values: Map, weight: Float32[np.ndarray, "1 rows columns"]) -> Map:
    """Keep values where their weight is 1 and fill the rest smoothly from around.

    Averages of ever larger blocks fill what finer ones leave unknown: a quick stand-in for the
    membrane that a Poisson solver stretches across a hole.

    Source: Gortler et al., The Lumigraph, SIGGRAPH 1996, section 3.4 (pull-push).
    """
    pyramid = [np.concatenate([values * weight, weight])]
    while not (pyramid[-1].shape[1] % 2 or pyramid[-1].shape[2] % 2):
        pyramid.append(_halved(pyramid[-1]))
    total = pyramid[-1].mean(axis=AXES, keepdims=True)
    filled = total[:-1] / (total[-1:] + LEAST_WEIGHT)
    filled = _filled(pyramid[-1], filled)
    for level in reversed(pyramid[:-1]):
        filled = _filled(level, _doubled(filled))
    return filled


def widen(mask: Map, radius: int) -> Map:
    """Give each pixel the largest value within a square of `2 * radius + 1` pixels."""
    for axis in AXES:
        reached = 0
        while reached < radius:  # windows grow by as much as they already span
            step = min(radius - reached, 2 * reached + 1)
            grown = mask.copy()
            ends = slice(-step), slice(step, None)
            for to, origin in (ends, ends[::-1]):
                part = _along(grown, axis, to)
                np.maximum(part, _along(mask, axis, origin), out=part)
            mask = grown
            reached += step
    return mask


def box_blur(values: Map, radius: int) -> Map:
    """Average within a square of `2 * radius + 1` pixels; edge pixels repeat.

    Where a window holds nothing but zeros the average is exactly 0.
    """
    padded = _padded(values, radius)
    width = padded.shape[-1]
    sums = _sliding_sum(_sliding_sum(padded.reshape(-1), radius, width), radius, 1)
    strides = (sums.itemsize * padded[0].size, sums.itemsize * width, sums.itemsize)
    whole = np.ndarray(values.shape, np.float32, sums, strides=strides)  # windows inside a row
    return whole * np.float32((2 * radius + 1) ** -2)


def _padded(values: Map, radius: int) -> Float32[np.ndarray, "channels _ _"]:
    """Repeat the edges; quicker than `np.pad`."""
    channels, rows, columns = values.shape
    bottom, right = radius + rows, radius + columns
    padded = np.empty((channels, bottom + radius, right + radius), np.float32)
    padded[:, radius:bottom, radius:right] = values
    padded[:, radius:bottom, :radius] = values[..., :1]
    padded[:, radius:bottom, right:] = values[..., -1:]
    padded[:, :radius] = padded[:, radius : radius + 1]
    padded[:, bottom:] = padded[:, bottom - 1 : bottom]
    return padded


def _sliding_sum(
    values: Float32[np.ndarray, " length"], radius: int, step: int
) -> Float32[np.ndarray, " shorter"]:
    """Sum `2 * radius + 1` values, each a step after the last, from spans of 1, 2, 4, … values.

    A step of 1 goes along rows and a step as wide as a row down columns, in long loops; sums that
    begin near the end of a row reach into the next and mean nothing.
    """
    length = len(values) - 2 * radius * step
    total = values[:length]
    start, span = 1, 1
    while span <= radius:
        values = values[: -span * step] + values[span * step :]
        span *= 2
        if (2 * radius + 1) & span:
            total = total + values[start * step :][:length]
            start += span
    return total


def rise(values: Map, start: float, end: float) -> Map:
    """Go smoothly from 0 up to `start` to 1 from `end`."""
    position = np.clip((values - start) / (end - start), 0, 1)
    return position * position * (3 - 2 * position)


def _halved(level: Map) -> Float32[np.ndarray, "channels _ _"]:
    """Sum blocks of two by two pixels, values and weight alike; a weight never exceeds 1."""
    rows = level[:, ::2] + level[:, 1::2]
    sums = rows[..., ::2] + rows[..., 1::2]
    return sums / np.maximum(sums[-1:], 1)


def _filled(
    level: Float32[np.ndarray, "_ rows columns"],
    background: Float32[np.ndarray, "channels #rows #columns"],
) -> Map:
    """Show the background as far as a level's weight leaves it open."""
    return level[:-1] + (1 - level[-1:]) * background


def _doubled(values: Map) -> Float32[np.ndarray, "channels _ _"]:
    """Make a picture twice as large, bilinearly."""
    for axis in AXES:
        near, far = 0.75 * values, 0.25 * values
        first, last = (_along(far, axis, end) for end in (slice(1), slice(-1, None)))
        before = np.concatenate([first, _along(far, axis, slice(-1))], axis)
        after = np.concatenate([_along(far, axis, slice(1, None)), last], axis)
        shape = list(values.shape)
        shape[axis] *= 2
        values = np.stack([near + before, near + after], axis + 1).reshape(shape)
    return values


def _along(values: Map, axis: int, places: slice) -> Float32[np.ndarray, "channels _ _"]:
    return values[:, places] if axis == 1 else values[..., places]
