"""Swaps to look at: one of each part, the best and the worst."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TripleFiles
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.evaluation.tasks.local_editing.edits import copy_pixels, in_w, in_w_plus
from stylemapgan.evaluation.tasks.swap.measures import Measured, short_name
from stylemapgan.evaluation.tasks.swap.triples import open_swaps
from stylemapgan.images import contact_sheet
from stylemapgan.types import Images

SHOWN = 6
"""Swaps among the best, and among the worst."""
TILE = 128
"""Pixels that each picture is shown at."""
COLUMNS = ("source", "reference", "mask", "true picture", "copy pixels", "w", "w-plus")


def swap_sheets(
    context: EvaluationContext, triples: Sequence[TripleFiles], measured: Measured
) -> tuple[Sheet, ...]:
    """Show a middling swap of each part, and those that fare best and worst in w-plus.

    Args:
        context: The model.
        triples: All swaps.
        measured: How they fared; what counts is how much farther from the true picture a result
            is than the reconstruction of the true picture, so that the edit is judged.
    """
    lost = _lost(context, measured)
    order = np.argsort(lost, kind="stable")
    middling = [
        _middle(np.array([row for row in order if triples[row].part == part]))
        for part in dict.fromkeys(triple.part for triple in triples)
    ]
    measure = context.distances[0].name
    how = f"{measure} to the true picture, less that of the reconstructed true picture"
    sheets = {
        "parts": (middling, f"A middling swap of each part, by {how}."),
        "best": (order[:SHOWN], f"The best swaps in w-plus, by {how}."),
        "worst": (order[::-1][:SHOWN], f"Failures: the worst swaps in w-plus, by {how}."),
    }
    return tuple(
        Sheet(name, _draw(context, [triples[row] for row in rows], lost[rows]), caption)
        for name, (rows, caption) in sheets.items()
    )


def _lost(context: EvaluationContext, measured: Measured) -> Float64[np.ndarray, " swaps"]:
    name = short_name(context.distances[0])
    return measured["w-plus"][name].each - measured["reconstructed truth"][name].each


def _middle(rows: Int64[np.ndarray, " rows"]) -> int:
    return int(rows[len(rows) // 2])


def _draw(
    context: EvaluationContext, triples: Sequence[TripleFiles], lost: Float64[np.ndarray, " rows"]
) -> Images:
    """Lay swaps out, one a row."""
    rows: list[list[Images]] = []
    for triple in triples:
        opened = open_swaps(context, [triple])
        edits = opened.edits
        shown_mask = np.repeat(2 * edits.mask - 1, 3, axis=1)
        results = [edit(context, edits) for edit in (copy_pixels, in_w, in_w_plus)]
        rows.append([edits.source, edits.reference, shown_mask, opened.truth, *results])
    pairs = zip(triples, lost, strict=True)
    titles = [f"{triple.part.replace('_', ' ')}\n{value:+.3f}" for triple, value in pairs]
    return contact_sheet(rows, titles, COLUMNS, tile=TILE)
