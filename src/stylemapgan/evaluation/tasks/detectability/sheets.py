"""A chart of the detectors' precision, and sheets of edits they detected or missed."""

from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float64

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.evaluation.judges.detector import Detection
from stylemapgan.evaluation.tasks.abstract import slug
from stylemapgan.evaluation.tasks.local_editing.local_edits import LocalEdits
from stylemapgan.evaluation.tasks.local_editing.sheets import TILE, part_taken
from stylemapgan.images import contact_sheet
from stylemapgan.methods.abstract import AbstractMethod
from stylemapgan.pages.blocks import Chart, Series
from stylemapgan.types import Images

SHOWN = 7
"""Edits detected, and edits missed, on a sheet."""
PERCENT = np.arange(1, 101)


def precision_chart(found: Mapping[str, Detection]) -> Chart:
    """Draw the detectors' precision over their recall."""
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
        x_label="recall: edits found, %",
        y_label="precision",
    )


def precision_at_recall(detection: Detection) -> Float64[np.ndarray, " percent"]:
    """Compute the precision at the highest threshold that finds 1 %, 2 %, … 100 % of the edits."""
    edited = np.sort(detection.scores[detection.is_edited])[::-1]
    position = np.ceil(PERCENT / 100 * len(edited) - 1e-9).astype(int) - 1
    thresholds = edited[np.clip(position, 0, None)]
    called = (detection.scores >= thresholds[:, None]).sum(axis=1)
    right = (edited >= thresholds[:, None]).sum(axis=1)
    return right / called


def detection_sheet(
    context: EvaluationContext, edits: LocalEdits, detection: Detection, method: AbstractMethod
) -> Sheet:
    """Show the edits that were most taken for photos, and those detected with most certainty."""
    scores = detection.scores[detection.is_edited]
    rising = np.argsort(scores, kind="stable").tolist()
    missed = _columns(context, edits, method, rising[:SHOWN])
    found = _columns(context, edits, method, rising[::-1][:SHOWN])
    titles = ["source", "part taken", "edit, missed", "source", "part taken", "edit, detected"]
    return Sheet(
        f"verdicts-{slug(method.name)}",
        contact_sheet([*missed, *found], titles, tile=TILE),
        f"Edits by {method.name}: those that detectors took for photos, and those detected with "
        "most certainty.",
    )


def _columns(
    context: EvaluationContext, edits: LocalEdits, method: AbstractMethod, rows: Iterable[int]
) -> tuple[list[Images], list[Images], list[Images]]:
    """Make three rows of pictures, one edit a column."""
    columns: tuple[list[Images], list[Images], list[Images]] = ([], [], [])
    for row in rows:
        given = edits.pictures(np.array([row]))
        edited = edits.carry_out(context, method, np.array([row]))
        pictures = (given.source, part_taken(given), edited)
        for column, picture in zip(columns, pictures, strict=True):
            column.append(picture)
    return columns
