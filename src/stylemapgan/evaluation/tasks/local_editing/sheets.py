"""Local edits to look at: some as they come, and the worst."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64, Int64

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.evaluation.tasks.local_editing.edits import (
    LocalEdits,
    OpenedEdits,
    copy_pixels,
    in_w,
    in_w_plus,
    open_edits,
)
from stylemapgan.images import contact_sheet
from stylemapgan.metrics.edits import Shares
from stylemapgan.types import Images

SHOWN = 8
"""Edits on a sheet where none has named parts."""
WORST = 6
TILE = 128
"""Pixels that each picture is shown at."""
PAPER = 0.97
"""What hides the rest of a reference: the colour of the sheet."""
HIDDEN = 0.85
"""How much of the rest is hidden."""
COLUMNS = ("source", "reference", "what is taken", "edited in w", "edited in w-plus", "copy pixels")


def edit_sheets(
    context: EvaluationContext, kind: str, edits: LocalEdits, measured: Mapping[str, Shares]
) -> tuple[Sheet, ...]:
    """Show edits as they come, those with the hardest seams, and those that miss the reference.

    Args:
        context: The model.
        kind: What the edits are called, for names and captions: `halves`.
        edits: To choose from.
        measured: What the edits in w-plus measured; chooses the worst and stands beside all.
    """
    usual = _first_of_each_part(edits)
    steps = measured["seam"]
    seams = _highest(steps.numerators - steps.denominators)
    misses = _highest(measured["mse-ref"].each)
    sheets = (
        (
            kind,
            usual,
            f"Edits of {kind}, not chosen: the first of the random pairs. Figures beside them are "
            "those of w-plus.",
        ),
        (
            f"{kind}-worst-seams",
            seams,
            f"Failures: the {len(seams)} edits of {kind} with the hardest seams in w-plus: "
            "whose steps across the border exceed those of the photos by most.",
        ),
        (
            f"{kind}-worst-references",
            misses,
            f"Failures: the {len(misses)} edits of {kind} that miss the reference by most in "
            "w-plus.",
        ),
    )
    return tuple(
        Sheet(name, _draw(context, edits, measured, rows), caption)
        for name, rows, caption in sheets
        if rows
    )


def without_the_rest(opened: OpenedEdits) -> Images:
    """Show the reference's part, and the rest of it faintly."""
    shown = 1 - HIDDEN * (1 - opened.mask)
    return shown * opened.reference + (1 - shown) * np.float32(PAPER)


def _first_of_each_part(edits: LocalEdits) -> list[int]:
    """Choose the first edit of each named part; the first ones where none is named."""
    known = [part for part in edits.data.part_names if part in edits.parts]
    first = [edits.parts.index(part) for part in known]
    return first or list(range(min(SHOWN, len(edits))))


def _highest(values: Float64[np.ndarray, " edits"]) -> list[int]:
    """Choose the edits with the highest values, the highest first; those without any never."""
    falling = np.argsort(-values, kind="stable")  # what is no number comes last
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
    return contact_sheet(chosen, titles, COLUMNS, tile=TILE)


def _pictures(
    context: EvaluationContext, edits: LocalEdits, row: Int64[np.ndarray, " one"]
) -> list[Images]:
    opened = open_edits(context, edits, row)
    taken = without_the_rest(opened)
    edited = [edit(context, opened) for edit in (in_w, in_w_plus, copy_pixels)]
    return [opened.source, opened.reference, taken, *edited]


def _title(part: str, measured: Mapping[str, Shares], row: int) -> str:
    src, ref, seam = (measured[name].each[row] for name in ("mse-src", "mse-ref", "seam"))
    return f"{part.replace('_', ' ')}\nMSE_src {src:.3f}\nMSE_ref {ref:.3f}\nseam {seam:.3g}"
