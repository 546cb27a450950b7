"""What detectors said, to look at."""

from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float64

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.evaluation.judges.detector import Detection
from stylemapgan.evaluation.tasks.local_editing.edits import SPACES, LocalEdits, open_edits
from stylemapgan.evaluation.tasks.local_editing.sheets import TILE, without_the_rest
from stylemapgan.images import contact_sheet
from stylemapgan.pages.blocks import Chart, Series
from stylemapgan.types import Images

SHOWN = 7
"""Edits of either sort."""
PERCENT = np.arange(1, 101)


def precision_chart(found: Mapping[str, Detection]) -> Chart:
    """Draw how often detectors are right, the more edits they have to find."""
    lines = [
        Series(f"{kind}: {detection.average_precision:.2f}", list(range(1, 101)), curve.tolist())
        for kind, detection in found.items()
        for curve in [precision_at_recall(detection)]
    ]
    chance = max(detection.chance for detection in found.values())
    guessing = Series(f"guessing: {chance:.2f}", [1, 100], [chance, chance])
    return Chart(
        title="Precision of the detectors, with their average precision",
        series=[*lines, guessing],
        x_label="edits found, %",
        y_label="true among those called edits",
    )


def precision_at_recall(detection: Detection) -> Float64[np.ndarray, " percent"]:
    """Compute the precision at the highest threshold that finds 1 %, 2 %, … 100 % of the edits."""
    edited = np.sort(detection.scores[detection.is_edited])[::-1]
    place = np.ceil(PERCENT / 100 * len(edited) - 1e-9).astype(int) - 1
    thresholds = edited[np.clip(place, 0, None)]
    called = (detection.scores >= thresholds[:, None]).sum(axis=1)
    right = (edited >= thresholds[:, None]).sum(axis=1)
    return right / called


def detection_sheet(
    context: EvaluationContext, edits: LocalEdits, detection: Detection, space: str
) -> Sheet:
    """Show the edits that were taken for photos, and those that were found out most surely."""
    scores = detection.scores[detection.is_edited]
    rising = np.argsort(scores, kind="stable").tolist()
    fooled = _columns(context, edits, space, rising[:SHOWN])
    found = _columns(context, edits, space, rising[::-1][:SHOWN])
    titles = ["source", "what it takes", "edit, taken for a photo", "source", "what it takes"]
    sheet = contact_sheet([*fooled, *found], [*titles, "edit, found out"], tile=TILE)
    return Sheet(
        f"verdicts-{space}",
        sheet,
        f"Edits in {space} that fooled the detectors best, and those found out most surely.",
    )


def _columns(
    context: EvaluationContext, edits: LocalEdits, space: str, rows: Iterable[int]
) -> tuple[list[Images], list[Images], list[Images]]:
    """Make three rows of pictures, one edit a column."""
    columns: tuple[list[Images], list[Images], list[Images]] = ([], [], [])
    for row in rows:
        opened = open_edits(context, edits, np.array([row]))
        pictures = (opened.source, without_the_rest(opened), SPACES[space](context, opened))
        for column, picture in zip(columns, pictures, strict=True):
            column.append(picture)
    return columns
