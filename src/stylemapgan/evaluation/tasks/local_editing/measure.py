"""Local edits: what they keep of the source, what they take, and whether the border shows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Description, Figure, Findings, share_figure
from stylemapgan.evaluation.tasks.abstract import AbstractTask
from stylemapgan.evaluation.tasks.local_editing.local_edits import (
    LEAST_SHARE,
    EditPictures,
    LocalEdits,
    halves_of,
    parts_of,
    too_few_edits,
)
from stylemapgan.evaluation.tasks.local_editing.sheets import edit_sheets
from stylemapgan.methods.abstract import AbstractMethod, Capability
from stylemapgan.metrics.edit_errors import (
    Shares,
    join,
    reference_errors,
    seam_visibility,
    source_errors,
)
from stylemapgan.metrics.intervals import Bootstrap
from stylemapgan.metrics.path import draw_pairs
from stylemapgan.types import Images

MEASURES: Mapping[str, Callable[[Images, EditPictures], Shares]] = {
    "mse-src": lambda edited, given: source_errors(edited, given.source, given.mask),
    "mse-ref": lambda edited, given: reference_errors(edited, given.reference, given.mask),
    "seam": lambda edited, given: seam_visibility(
        edited, given.source, given.reference, given.mask
    ),
}
"""Measures of edited pictures."""
DESCRIPTIONS: Mapping[str, Description] = {
    "mse-src": {
        "name": "mse-src",
        "title": "MSE_src",
        "about": "Squared error against the source outside the mask, over all pixels of all edits, "
        "on [-1, 1] (Kim et al., CVPR 2021, section 4).",
        "better": "lower",
    },
    "mse-ref": {
        "name": "mse-ref",
        "title": "MSE_ref",
        "about": "Squared error against the reference inside the mask, over all pixels of all "
        "edits, on [-1, 1] (Kim et al., CVPR 2021, section 4).",
        "better": "lower",
    },
    "seam": {
        "name": "seam",
        "title": "Seam visibility",
        "about": "Steps between neighbours across the mask's border, as a multiple of the source's "
        "and the reference's steps there (this project's definition). At 1 the border is as smooth "
        "as in the photos; above 1 a seam shows; below 1 the border is washed out.",
        "better": "neither",
    },
}

Measured = Mapping[str, Mapping[str, Shares]]
"""Method → measure → what each edit contributes."""


@dataclass(frozen=True, eq=False)
class _Kind:
    """Edits of one kind, and their measurements."""

    name: str
    edits: LocalEdits
    measured: Measured


class LocalEditing(AbstractTask):
    """Put halves and parts of photos into other photos."""

    name: ClassVar[str] = "local-editing"
    title: ClassVar[str] = "Local editing"
    about: ClassVar[str] = (
        "In random pairs of test photos, half of the reference, or a named part of it, replaces "
        "what the source has there. How close is the result to the source outside the mask, how "
        "close to the reference inside, and does the border show?"
    )
    needs: ClassVar[Capability | None] = "edits_by_mask"

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Edits need a reference."""
        if len(context.data) < 2:
            return f"Local edits need at least 2 test photos, got {len(context.data)}."
        return too_few_edits(context)

    def measure(self, context: EvaluationContext) -> Findings:
        """Edit halves, and parts where maps of parts are known."""
        kinds = [
            _Kind(name, edits, measure_edits(context, edits))
            for name, edits in _draw(context).items()
        ]
        return Findings(
            figures=tuple(
                figure
                for kind in kinds
                for figure in _figures(context, kind, is_main=kind is kinds[-1])
            ),
            sheets=tuple(
                sheet
                for kind in kinds
                for sheet in edit_sheets(context, kind.name, kind.edits, kind.measured)
            ),
            notes=_notes(context, kinds),
            settings={kind.name: len(kind.edits) for kind in kinds},
        )


def measure_edits(context: EvaluationContext, edits: LocalEdits) -> Measured:
    """Carry edits out by every method and measure them."""
    methods = context.able("edits_by_mask")
    batches: dict[str, dict[str, list[Shares]]] = {
        method.name: {measure: [] for measure in MEASURES} for method in methods
    }
    for rows in context.batches(len(edits), "editing photos"):
        given = edits.pictures(rows)
        for method in methods:
            edited = edits.carry_out(context, method, rows)
            for measure, compute in MEASURES.items():
                batches[method.name][measure].append(compute(edited, given))
    return {
        method: {measure: join(found) for measure, found in measures.items()}
        for method, measures in batches.items()
    }


def _draw(context: EvaluationContext) -> dict[str, LocalEdits]:
    """Draw pairs; the same pairs exchange halves and, where maps of parts are known, parts."""
    pairs = draw_pairs(len(context.data), context.config.edits, context.config.seed)
    kinds = {"halves": halves_of(context.data, pairs.starts, pairs.ends)}
    if context.data.part_names:
        kinds["parts"] = parts_of(context.data, pairs.starts, pairs.ends, context.config.seed)
    return {name: edits for name, edits in kinds.items() if len(edits)}


def _figures(context: EvaluationContext, kind: _Kind, *, is_main: bool) -> Iterator[Figure]:
    """Make the figures of all edits of a kind, then those of each named part.

    Single parts have figures of methods that encode photos only: the others show no more there.
    """
    methods = context.able("edits_by_mask")
    for method in methods:
        yield from _of_method(
            kind, method, None, context.bootstrap, is_main=is_main and method is context.main
        )
    if kind.name == "parts":
        for part in kind.edits.data.part_names:
            for method in methods:
                if method.can("reconstructs"):
                    yield from _of_method(kind, method, part, context.bootstrap, is_main=False)


def _of_method(
    kind: _Kind, method: AbstractMethod, part: str | None, bootstrap: Bootstrap, *, is_main: bool
) -> Iterator[Figure]:
    """Make the figures of a method, of one part or of all edits."""
    for measure, shares in kind.measured[method.name].items():
        chosen, names = _part_of(kind, shares, part)
        described: Description = {
            **DESCRIPTIONS[measure],
            "variant": f"{part or kind.name}, {method.name}",
            "is_main": is_main,
            "methods": (method.name,),
        }
        if len(names) > 1 and chosen.denominators.sum() > 0:
            yield share_figure(chosen, names, bootstrap, **described)


def _part_of(kind: _Kind, shares: Shares, part: str | None) -> tuple[Shares, tuple[str, ...]]:
    """Take the edits of one part; all edits for None."""
    edits = kind.edits
    rows = [row for row, found in enumerate(edits.parts) if part in (None, found)]
    chosen = Shares(shares.numerators[rows], shares.denominators[rows])
    return chosen, tuple(edits.names[row] for row in rows)


def _notes(context: EvaluationContext, kinds: Sequence[_Kind]) -> tuple[str, ...]:
    notes = [
        "Masks lie at the same position in both pictures. Halves are alternately right and lower "
        "halves. Pairs are random, so a photo may be in several; intervals resample pairs.",
        *(f"{method.name}: {method.about}" for method in context.able("edits_by_mask")),
        "Copying pixels has no error by definition: its cost shows in the seam.",
    ]
    for kind in kinds:
        if kind.name == "parts":
            notes.append(
                "The mask of a part is where the reference shows it. Each pair exchanges one part, "
                f"drawn from those that cover at least {100 * LEAST_SHARE:g} % of the reference; "
                f"{len(kind.edits)} of {context.config.edits} pairs have one."
            )
            few = [part for part in context.data.part_names if kind.edits.parts.count(part) < 2]
            if few:
                notes.append(f"Fewer than two references show: {', '.join(few)}.")
    return tuple(notes)
