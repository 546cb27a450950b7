"""Sheets of paths between photos, and a chart of how even their steps are."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.images import contact_sheet
from stylemapgan.methods.abstract import AbstractMethod
from stylemapgan.metrics.path import Between, PhotoPairs
from stylemapgan.pages.blocks import Chart, Series
from stylemapgan.types import Images

STRIPS = 6
"""Paths on a sheet."""
FRAMES = 7
"""Pictures of a path on a sheet, both ends included."""
TILE = 112
"""Pixels that each picture is shown at."""
CHARTED_PATHS = 24
"""Paths behind the chart."""
PIECES = 8
"""Equal steps that each of them is divided into."""
BAND = (0.1, 0.9)
"""Quantiles of the paths between which the chart's band lies."""


def between_photos(context: EvaluationContext, method: AbstractMethod) -> Between:
    """Make the function that gives pictures between test photos."""
    latents = context.latents(method)

    def between(pairs: PhotoPairs) -> Images:
        starts, ends = latents[pairs.starts], latents[pairs.ends]
        positions = pairs.positions.astype(np.float32)
        return context.decode(method, method.interpolate(starts, ends, positions))

    return between


def strip_sheets(
    context: EvaluationContext,
    method: AbstractMethod,
    pairs: PhotoPairs,
    lengths: Float64[np.ndarray, " pairs"],
) -> tuple[Sheet, ...]:
    """Show the first paths, and the longest."""
    longest = np.argsort(-lengths, kind="stable")[:STRIPS]
    return (
        Sheet(
            "strips",
            _draw(context, method, pairs, lengths, range(min(STRIPS, len(pairs)))),
            "Paths between photos, not selected, with the path length at one random position.",
        ),
        Sheet(
            "longest-paths",
            _draw(context, method, pairs, lengths, [int(row) for row in longest]),
            "Failures: the paths with the largest path length, where a small step changes most.",
        ),
    )


def steps_chart(context: EvaluationContext, exact: AbstractMethod, pairs: PhotoPairs) -> Chart:
    """Draw the distance between neighbouring pictures along the path."""
    changes = changes_along(context, exact, pairs, min(CHARTED_PATHS, len(pairs)), PIECES)
    low, high = np.quantile(changes, BAND, axis=0)
    label = f"mean of {len(changes)} paths; {100 * (BAND[1] - BAND[0]):g} % lie in the band"
    middles = (np.arange(PIECES) + 0.5) / PIECES
    return Chart(
        title=f"Change over one of {PIECES} equal steps from photo to photo",
        series=[
            Series(
                label,
                (100 * middles).tolist(),
                changes.mean(axis=0).tolist(),
                low.tolist(),
                high.tolist(),
            )
        ],
        y_label=context.distances[0].name,
        x_label="position on the path, %",
    )


def changes_along(
    context: EvaluationContext,
    method: AbstractMethod,
    pairs: PhotoPairs,
    count: int,
    pieces: int,
) -> Float64[np.ndarray, "count pieces"]:
    """Compute the distance between neighbouring pictures on the first paths."""
    found = []
    for row in range(count):
        context.on_progress("walking between photos", row, count)
        frames = frames_of(context, method, pairs, row, pieces + 1)
        found.append(context.distances[0](frames[:-1], frames[1:]))
    context.on_progress("walking between photos", count, count)
    return np.array(found)


def frames_of(
    context: EvaluationContext, method: AbstractMethod, pairs: PhotoPairs, row: int, frames: int
) -> Images:
    """Decode pictures along one path, evenly spaced from its start to its end."""
    between = between_photos(context, method)
    positions = np.linspace(0, 1, frames, dtype=np.float32).astype(np.float64)
    start, end = (np.full(frames, each[row]) for each in (pairs.starts, pairs.ends))
    along = PhotoPairs(start, end, positions)
    starts = range(0, frames, context.batch)
    return np.concatenate([between(along[start : start + context.batch]) for start in starts])


def _draw(
    context: EvaluationContext,
    method: AbstractMethod,
    pairs: PhotoPairs,
    lengths: Float64[np.ndarray, " pairs"],
    rows: Sequence[int],
) -> Images:
    """Lay paths out, one a row, between the photos they join."""
    lines = []
    for row in rows:
        start, end = context.data.images(np.array([pairs.starts[row], pairs.ends[row]]))
        lines.append([start, *frames_of(context, method, pairs, row, FRAMES), end])
    places = [f"{round(100 * place)} %" for place in np.linspace(0, 1, FRAMES)]
    titles = [
        f"path length {lengths[row]:.3g}\nat {100 * pairs.positions[row]:.0f} %" for row in rows
    ]
    return contact_sheet(lines, titles, ["photo", *places, "photo"], tile=TILE)
