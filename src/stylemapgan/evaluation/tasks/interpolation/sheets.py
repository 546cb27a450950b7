"""Ways between photos to look at: some as they come, the roughest, and how even the steps are."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.images import contact_sheet
from stylemapgan.metrics.path import Ways
from stylemapgan.pages.blocks import Chart, Series
from stylemapgan.types import Images

STRIPS = 6
"""Ways on a sheet."""
FRAMES = 7
"""Pictures of a way on a sheet, both ends among them."""
TILE = 112
"""Pixels that each picture is shown at."""
CHARTED_WAYS = 24
"""Ways behind the chart."""
PIECES = 8
"""Steps that each of them is taken in."""
BAND = (0.1, 0.9)
"""Quantiles of the ways that the chart's band lies between."""


def strip_sheets(
    context: EvaluationContext, ways: Ways, lengths: Float64[np.ndarray, " pairs"]
) -> tuple[Sheet, ...]:
    """Show the first ways, and those with the longest paths."""
    longest = np.argsort(-lengths, kind="stable")[:STRIPS]
    return (
        Sheet(
            "strips",
            _draw(context, ways, lengths, range(min(STRIPS, len(ways)))),
            "Ways between photos, not chosen, with the path length at one random place of each.",
        ),
        Sheet(
            "longest-paths",
            _draw(context, ways, lengths, [int(row) for row in longest]),
            "Failures: the ways with the longest paths, where a small step changes most.",
        ),
    )


def steps_chart(context: EvaluationContext, ways: Ways) -> Chart:
    """Draw how far neighbouring pictures are apart, all along the way."""
    changes = changes_along(context.exact, ways, min(CHARTED_WAYS, len(ways)), PIECES)
    low, high = np.quantile(changes, BAND, axis=0)
    label = f"mean of {len(changes)} ways, and where {100 * (BAND[1] - BAND[0]):g} % of them are"
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
        x_label="place on the way, %",
    )


def changes_along(
    context: EvaluationContext, ways: Ways, count: int, pieces: int
) -> Float64[np.ndarray, "count pieces"]:
    """Compute the distance between neighbouring pictures on the first ways."""
    found = []
    for row in range(count):
        context.on_progress("walking between photos", row, count)
        frames = frames_of(context, ways, row, pieces + 1)
        found.append(context.distances[0](frames[:-1], frames[1:]))
    context.on_progress("walking between photos", count, count)
    return np.array(found)


def frames_of(context: EvaluationContext, ways: Ways, row: int, frames: int) -> Images:
    """Decode pictures along one way, evenly spaced from its start to its end."""
    start, end = context.stylemaps[ways.starts[row]], context.stylemaps[ways.ends[row]]
    positions = np.linspace(0, 1, frames, dtype=np.float32)[:, None, None, None]
    stylemaps = start + positions * (end - start)
    pieces = [stylemaps[at : at + context.batch] for at in range(0, frames, context.batch)]
    return np.concatenate([context.decode(piece) for piece in pieces])


def _draw(
    context: EvaluationContext,
    ways: Ways,
    lengths: Float64[np.ndarray, " pairs"],
    rows: Sequence[int],
) -> Images:
    """Lay ways out, one a row, between the photos they join."""
    lines = []
    for row in rows:
        start, end = context.data.images(np.array([ways.starts[row], ways.ends[row]]))
        lines.append([start, *frames_of(context, ways, row, FRAMES), end])
    places = [f"{round(100 * place)} %" for place in np.linspace(0, 1, FRAMES)]
    titles = [
        f"path length {lengths[row]:.3g}\nat {100 * ways.positions[row]:.0f} %" for row in rows
    ]
    return contact_sheet(lines, titles, ["photo", *places, "photo"], tile=TILE)
