"""Sheets of local edits: the first ones, and the worst."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64, Int64

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.evaluation.tasks.local_editing.local_edits import EditPictures, LocalEdits
from stylemapgan.images import contact_sheet
from stylemapgan.methods.abstract import AbstractMethod
from stylemapgan.metrics.edit_errors import Shares
from stylemapgan.types import Images

SHOWN = 8
"""Edits on a sheet where parts have no names."""
WORST = 6
TILE = 128
"""Pixels that each picture is shown at."""
PAPER = 0.97
"""Colour that hides the rest of a reference: that of the sheet."""
HIDDEN = 0.85
"""How much of the rest is hidden."""
COLUMNS = ("source", "reference", "part taken")
"""Before one column for each method."""


def edit_sheets(
    context: EvaluationContext,
    kind: str,
    edits: LocalEdits,
    of_methods: Mapping[str, Mapping[str, Shares]],
) -> tuple[Sheet, ...]:
    """Show the first edits, those with the hardest seams, and those farthest from the reference.

    Args:
        context: Methods and data.
        kind: Name of the edits, for files and captions: `halves`.
        edits: To choose from.
        of_methods: Method → measure → each edit; those of the main method choose the worst.
    """
    main = context.main.name if context.main.name in of_methods else next(iter(of_methods))
    measured = of_methods[main]
    usual = _first_of_each_part(edits)
    steps = measured["seam"]
    seams = _highest(steps.numerators - steps.denominators)
    misses = _highest(measured["mse-ref"].each)
    sheets = (
        (
            kind,
            usual,
            f"Edits of {kind}, not selected: the first of the random pairs, with the figures of "
            f"{main}.",
        ),
        (
            f"{kind}-worst-seams",
            seams,
            f"Failures: the {len(seams)} edits of {kind} with the hardest seams by {main}, whose "
            "steps across the border exceed those of the photos most.",
        ),
        (
            f"{kind}-worst-references",
            misses,
            f"Failures: the {len(misses)} edits of {kind} by {main} that are farthest from the "
            "reference inside the mask.",
        ),
    )
    return tuple(
        Sheet(name, _draw(context, edits, measured, rows), caption)
        for name, rows, caption in sheets
        if rows
    )


def part_taken(given: EditPictures) -> Images:
    """Show the reference's part, and the rest of it faintly."""
    shown = 1 - HIDDEN * (1 - given.mask)
    return shown * given.reference + (1 - shown) * np.float32(PAPER)


def _first_of_each_part(edits: LocalEdits) -> list[int]:
    """Choose the first edit of each named part; the first edits where parts have no names."""
    known = [part for part in edits.data.part_names if part in edits.parts]
    first = [edits.parts.index(part) for part in known]
    return first or list(range(min(SHOWN, len(edits))))


def _highest(values: Float64[np.ndarray, " edits"]) -> list[int]:
    """Choose the edits with the highest values, the highest first; NaN never."""
    falling = np.argsort(-values, kind="stable")  # NaN comes last
    return [int(row) for row in falling[:WORST] if not np.isnan(values[row])]


def _draw(
    context: EvaluationContext,
    edits: LocalEdits,
    measured: Mapping[str, Shares],
    rows: Sequence[int],
) -> Images:
    """Lay edits out, one a row."""
    chosen = [_pictures(context, edits, np.array([row])) for row in rows]
    titles = [_title(edits.parts[row], measured, row) for row in rows]
    columns = [*COLUMNS, *(method.name for method in shown_methods(context))]
    return contact_sheet(chosen, titles, columns, tile=TILE)


def shown_methods(context: EvaluationContext) -> list[AbstractMethod]:
    """List the methods whose edits are worth a look."""
    return [method for method in context.able("edits_by_mask") if method.changes_photos]


def _pictures(
    context: EvaluationContext, edits: LocalEdits, row: Int64[np.ndarray, " one"]
) -> list[Images]:
    given = edits.pictures(row)
    edited = [edits.carry_out(context, method, row) for method in shown_methods(context)]
    return [given.source, given.reference, part_taken(given), *edited]


def _title(part: str, measured: Mapping[str, Shares], row: int) -> str:
    src, ref, seam = (measured[name].each[row] for name in ("mse-src", "mse-ref", "seam"))
    return f"{part.replace('_', ' ')}\nMSE_src {src:.3f}\nMSE_ref {ref:.3f}\nseam {seam:.3g}"
