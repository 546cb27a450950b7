"""Sheets of swaps: one of each part, the best and the worst."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TripleFiles
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.evaluation.tasks.swap.against_truth import (
    RECONSTRUCTED,
    Measured,
    open_swaps,
    short_name,
    swapping_methods,
)
from stylemapgan.images import contact_sheet
from stylemapgan.types import Images

SHOWN = 6
"""Swaps among the best, and among the worst."""
TILE = 128
"""Pixels that each picture is shown at."""
COLUMNS = ("source", "reference", "mask", "true picture")
"""Before one column for each method."""


def swap_sheets(
    context: EvaluationContext, triples: Sequence[TripleFiles], measured: Measured
) -> tuple[Sheet, ...]:
    """Show a median swap of each part, and the best and the worst of the main method.

    Args:
        context: Methods and data.
        triples: All swaps.
        measured: Their measurements. Swaps are sorted by how much farther from the true picture
            the result is than the reconstruction of the true picture, which rates the edit alone.
    """
    main = context.main.name if context.main.name in measured else next(iter(measured))
    lost = _lost(context, measured, main)
    order = np.argsort(lost, kind="stable")
    medians = [
        _middle(np.array([row for row in order if triples[row].part == part]))
        for part in dict.fromkeys(triple.part for triple in triples)
    ]
    measure = context.distances[0].name
    how = f"{measure} to the true picture, less that of the reconstructed true picture"
    sheets = {
        "parts": (medians, f"The median swap of each part by {main}: {how}."),
        "best": (order[:SHOWN], f"The best swaps by {main}: {how}."),
        "worst": (order[::-1][:SHOWN], f"Failures: the worst swaps by {main}: {how}."),
    }
    return tuple(
        Sheet(name, _draw(context, [triples[row] for row in rows], lost[rows]), caption)
        for name, (rows, caption) in sheets.items()
    )


def _lost(
    context: EvaluationContext, measured: Measured, main: str
) -> Float64[np.ndarray, " swaps"]:
    name = short_name(context.distances[0])
    if RECONSTRUCTED not in measured:
        return measured[main][name].each
    return measured[main][name].each - measured[RECONSTRUCTED][name].each


def _middle(rows: Int64[np.ndarray, " rows"]) -> int:
    return int(rows[len(rows) // 2])


def _draw(
    context: EvaluationContext, triples: Sequence[TripleFiles], lost: Float64[np.ndarray, " rows"]
) -> Images:
    """Lay swaps out, one a row."""
    methods = [each for each in swapping_methods(context) if each.changes_photos]
    rows: list[list[Images]] = []
    for triple in triples:
        opened = open_swaps(context, [triple])
        given = opened.given
        shown_mask = np.repeat(2 * given.mask - 1, 3, axis=1)
        results = [opened.carry_out(context, method) for method in methods]
        rows.append([given.source, given.reference, shown_mask, opened.truth, *results])
    pairs = zip(triples, lost, strict=True)
    titles = [f"{triple.part.replace('_', ' ')}\n{value:+.3f}" for triple, value in pairs]
    columns = [*COLUMNS, *(method.name for method in methods)]
    return contact_sheet(rows, titles, columns, tile=TILE)
