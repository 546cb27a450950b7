"""Edits of portraits at the model's size, measured against photographs of the true result."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np

from stylemapgan.data import spread_rows
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Description, Figure, Findings, Sheet, share_figure
from stylemapgan.evaluation.tasks.abstract import AbstractTask
from stylemapgan.evaluation.tasks.local_editing.local_edits import (
    LEAST_EDITS,
    paste,
    too_few_edits,
)
from stylemapgan.evaluation.tasks.local_editing.sheets import part_taken, shown_methods
from stylemapgan.evaluation.tasks.portraits.landmarks import FILE, SIZE
from stylemapgan.evaluation.tasks.portraits.portrait_edits import open_portraits
from stylemapgan.evaluation.tasks.true_edits.true_edits import KINDS, TrueEdit, true_edits
from stylemapgan.images import contact_sheet
from stylemapgan.images.resizing import shrink
from stylemapgan.methods.abstract import Capability, Latent
from stylemapgan.metrics.edit_errors import (
    Shares,
    join,
    reference_errors,
    seam_visibility,
    source_errors,
)
from stylemapgan.types import Images

LEAST_PEOPLE = 2
SHOWN = 2
"""Edits of each kind on the sheet."""
TILE = 128
COLUMNS = ("source", "reference", "true")
DESCRIPTIONS: Mapping[str, Description] = {
    "error-inside": {
        "name": "error-inside",
        "title": "Error inside the mask",
        "about": "Squared error inside the mask against the photograph of the true result, over "
        "all pixels of all edits, on [-1, 1].",
        "better": "lower",
    },
    "error-outside": {
        "name": "error-outside",
        "title": "Error outside the mask",
        "about": "The same outside the mask, where the true result is the source.",
        "better": "lower",
    },
    "seam": {
        "name": "seam",
        "title": "Seam visibility",
        "about": "Steps between neighbours across the mask's border, as a multiple of the true "
        "result's. Above 1 a seam shows; below 1 the border is washed out.",
        "better": "neither",
    },
}


class TrueEdits(AbstractTask):
    """Edit portraits so that the result should be a photograph."""

    name: ClassVar[str] = "true-edits"
    title: ClassVar[str] = "Portraits with a true result"
    about: ClassVar[str] = (
        "Portraits of people that no model was trained on take the same person's smile, a part of "
        "themselves, or, where another face was put into them, their own face back. What should "
        "come out was photographed. All at the model's size, without detail."
    )
    needs: ClassVar[Capability | None] = "edits_by_mask"

    def has_maps(self, context: EvaluationContext) -> bool:
        """Composites have no maps."""
        del context
        return False

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Only portraits with landmarks can be edited so."""
        size = context.image_size
        if not (context.data.folder / FILE).is_file():
            return f"It needs aligned portraits with landmarks: a file {FILE} beside val/."
        if SIZE % size:
            return f"It needs a model whose size divides {SIZE}, got {size} pixels."
        people = [each for each in open_portraits(context.data, size).people if not each.is_seen]
        if len(people) < LEAST_PEOPLE:
            return (
                f"It needs at least {LEAST_PEOPLE} people in val/ with landmarks and the columns "
                f"person and expression in labels.csv; got {len(people)}."
            )
        return too_few_edits(context)

    def measure(self, context: EvaluationContext) -> Findings:
        """Measure all kinds of edits."""
        edits = _chosen(context)
        results = _carry_out(context, edits)
        figures = [
            figure
            for kind in KINDS
            for method, edited in results.items()
            for figure in _figures(context, kind, edits, method, edited)
        ]
        return Findings(
            figures=tuple(figures), sheets=_sheets(context, edits, results), notes=_notes(edits)
        )


def _chosen(context: EvaluationContext) -> list[TrueEdit]:
    """Make at most so many edits of each kind as are asked for."""
    size = context.image_size
    found = list(true_edits(open_portraits(context.data, size), size))
    of_kinds = [[each for each in found if each.kind == kind] for kind in KINDS]
    return [
        edits[row] for edits in of_kinds for row in spread_rows(len(edits), context.config.edits)
    ]


def _carry_out(context: EvaluationContext, edits: Sequence[TrueEdit]) -> dict[str, list[Images]]:
    """Do each edit by every method."""
    methods = context.able("edits_by_mask", with_maps=False)
    found: dict[str, list[Images]] = {method.name: [] for method in methods}
    for row, edit in enumerate(edits):
        context.on_progress("edits with a true result", row, len(edits))
        encoded: dict[str, tuple[Latent, Latent]] = {}
        for method in methods:
            if method.encoding not in encoded:
                pair = np.concatenate([edit.given.source, edit.given.reference])
                latents = context.encode(method, pair)
                encoded[method.encoding] = latents[:1], latents[1:]
            source, reference = encoded[method.encoding]
            edited = context.edit(method, source, paste(reference, edit.given.mask))
            found[method.name].append(shrink(edited, context.image_size))
    context.on_progress("edits with a true result", len(edits), len(edits))
    return found


def _figures(
    context: EvaluationContext,
    kind: str,
    edits: Sequence[TrueEdit],
    method: str,
    edited: Sequence[Images],
) -> Iterator[Figure]:
    """Make the figures of one kind of edits by a method."""
    pairs = [pair for pair in zip(edits, edited, strict=True) if pair[0].kind == kind]
    if len(pairs) < LEAST_EDITS:
        return
    measured = [_measure(edit, result) for edit, result in pairs]
    names = tuple(edit.name for edit, _ in pairs)
    for measure, description in DESCRIPTIONS.items():
        described: Description = {
            **description,
            "variant": f"{kind}, {method}",
            "is_main": method == context.main.name and measure == "error-inside",
            "methods": (method,),
        }
        shares = join([each[measure] for each in measured])
        yield share_figure(shares, names, context.bootstrap, **described)


def _measure(edit: TrueEdit, edited: Images) -> dict[str, Shares]:
    truth, mask = edit.truth, edit.given.mask
    return {
        "error-inside": reference_errors(edited, truth, mask),
        "error-outside": source_errors(edited, truth, mask),
        "seam": seam_visibility(edited, truth, truth, mask),
    }


def _sheets(
    context: EvaluationContext, edits: Sequence[TrueEdit], results: Mapping[str, Sequence[Images]]
) -> tuple[Sheet, ...]:
    """Show the first edits of each kind, one a row."""
    names = [method.name for method in shown_methods(context) if method.name in results]
    shown = [
        row
        for kind in KINDS
        for row in [row for row, edit in enumerate(edits) if edit.kind == kind][:SHOWN]
    ]
    rows = []
    for row in shown:
        given, truth = edits[row].given, edits[row].truth
        edited = [results[name][row] for name in names]
        rows.append([given.source, part_taken(given), truth, *edited])
    labels = [edits[row].kind for row in shown]
    sheet = contact_sheet(rows, labels, [*COLUMNS, *names], tile=TILE)
    return (Sheet("edits", sheet, f"The first {SHOWN} edits of each kind, not selected."),)


def _notes(edits: Sequence[TrueEdit]) -> tuple[str, ...]:
    counts = ", ".join(f"{sum(each.kind == kind for each in edits)} {kind}" for kind in KINDS)
    return (
        f"Edits: {counts}. Copying pixels is exact for the last two kinds: they ask what a method "
        "loses where nothing would have to change but the seam.",
        "A person's two photos are aligned separately: the true smile is the smiling photo, laid "
        "onto the neutral one by points that a smile hardly moves; the reference is not moved.",
    )
