"""Local edits: what they keep, what they take, and whether the border shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Description, Figure, Findings, share_figure
from stylemapgan.evaluation.tasks.abstract import AbstractTask
from stylemapgan.evaluation.tasks.local_editing.edits import (
    LEAST_SHARE,
    METHODS,
    SPACES,
    LocalEdits,
    OpenedEdits,
    halves_of,
    open_edits,
    parts_of,
    too_few_edits,
)
from stylemapgan.evaluation.tasks.local_editing.sheets import edit_sheets
from stylemapgan.metrics.edits import (
    Shares,
    join,
    reference_errors,
    seam_visibility,
    source_errors,
)
from stylemapgan.metrics.intervals import Bootstrap
from stylemapgan.metrics.path import draw_ways
from stylemapgan.types import Images

MEASURES: Mapping[str, Callable[[Images, OpenedEdits], Shares]] = {
    "mse-src": lambda edited, opened: source_errors(edited, opened.source, opened.mask),
    "mse-ref": lambda edited, opened: reference_errors(edited, opened.reference, opened.mask),
    "seam": lambda edited, opened: seam_visibility(
        edited, opened.source, opened.reference, opened.mask
    ),
}
"""What is measured of edited pictures."""
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
        "and the reference's steps there (this project's definition): 1 is as smooth as the "
        "photos are, above it a seam shows, below it the border is washed out.",
        "better": "neither",
    },
}

Measured = Mapping[str, Mapping[str, Shares]]
"""Method → measure → what each edit adds to it."""


@dataclass(frozen=True, eq=False)
class _Kind:
    """Edits of one kind, what they measured, and what the kind is called."""

    name: str
    edits: LocalEdits
    measured: Measured


class LocalEditing(AbstractTask):
    """Put halves and parts of photos into other photos."""

    name: ClassVar[str] = "local-editing"
    title: ClassVar[str] = "Local editing"
    about: ClassVar[str] = (
        "Random pairs of test photos: half of the reference, or a named part of it, replaces what "
        "the source has there. How well is the source kept outside the mask, how well is the "
        "reference met inside, and does the border show? Stylemaps are blended as they are (w) or "
        "resized (w-plus)."
    )

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Edits need a photo to borrow from."""
        if len(context.data) < 2:
            return "Local edits need at least 2 test photos."
        return too_few_edits(context)

    def measure(self, context: EvaluationContext) -> Findings:
        """Edit halves, and parts where maps say where they are."""
        kinds = [
            _Kind(name, edits, measure_edits(context, edits))
            for name, edits in _draw(context).items()
        ]
        return Findings(
            figures=tuple(
                figure
                for kind in kinds
                for figure in _figures(kind, context.bootstrap, is_main=kind is kinds[-1])
            ),
            sheets=tuple(
                sheet
                for kind in kinds
                for sheet in edit_sheets(context, kind.name, kind.edits, kind.measured["w-plus"])
            ),
            notes=_notes(context, kinds),
            settings={kind.name: len(kind.edits) for kind in kinds},
        )


def measure_edits(context: EvaluationContext, edits: LocalEdits) -> Measured:
    """Carry edits out by every method and measure them."""
    batches: dict[str, dict[str, list[Shares]]] = {
        method: {measure: [] for measure in MEASURES} for method in METHODS
    }
    for rows in context.batches(len(edits), "editing photos"):
        opened = open_edits(context, edits, rows)
        for method, edit in METHODS.items():
            edited = edit(context, opened)
            for measure, compute in MEASURES.items():
                batches[method][measure].append(compute(edited, opened))
    return {
        method: {measure: join(found) for measure, found in measures.items()}
        for method, measures in batches.items()
    }


def _draw(context: EvaluationContext) -> dict[str, LocalEdits]:
    """Draw pairs; the same ones exchange halves and, where maps say where they are, parts."""
    pairs = draw_ways(len(context.data), context.config.edits, context.config.seed)
    kinds = {"halves": halves_of(context.data, pairs.starts, pairs.ends)}
    if context.data.part_names:
        kinds["parts"] = parts_of(context.data, pairs.starts, pairs.ends, context.config.seed)
    return {name: edits for name, edits in kinds.items() if len(edits)}


def _figures(kind: _Kind, bootstrap: Bootstrap, *, is_main: bool) -> list[Figure]:
    """Make the figures of all edits of a kind, then those of each named part in both spaces."""
    wanted = {f"{kind.name}, {method}": (method, None) for method in METHODS}
    if kind.name == "parts":
        wanted |= {
            f"{part}, {space}": (space, part)
            for part in kind.edits.data.part_names
            for space in SPACES
        }
    figures = []
    for variant, (method, part) in wanted.items():
        for measure, shares in kind.measured[method].items():
            chosen, names = _part_of(kind, shares, part)
            described: Description = {
                **DESCRIPTIONS[measure],
                "variant": variant,
                "is_main": is_main and variant == f"{kind.name}, w-plus",
            }
            if len(names) > 1 and chosen.denominators.sum() > 0:
                figures.append(share_figure(chosen, names, bootstrap, **described))
    return figures


def _part_of(kind: _Kind, shares: Shares, part: str | None) -> tuple[Shares, tuple[str, ...]]:
    """Take the edits of one part; all for None."""
    edits = kind.edits
    rows = [row for row, found in enumerate(edits.parts) if part in (None, found)]
    chosen = Shares(shares.numerators[rows], shares.denominators[rows])
    return chosen, tuple(edits.names[row] for row in rows)


def _notes(context: EvaluationContext, kinds: Sequence[_Kind]) -> tuple[str, ...]:
    notes = [
        "Masks lie at the same place in both pictures. Halves are right halves and lower halves in "
        "turn. Pairs are drawn at random, so a photo may be in several; intervals draw pairs anew.",
        "Copying pixels keeps and takes everything, so its errors are 0: what it costs shows in "
        "the seam. Doing nothing keeps everything and takes nothing.",
    ]
    for kind in kinds:
        if kind.name == "parts":
            notes.append(
                "The mask of a part is where the reference has it. Each pair exchanges one part, "
                f"drawn from those that cover at least {100 * LEAST_SHARE:g} % of the reference; "
                f"{len(kind.edits)} of {context.config.edits} pairs have one."
            )
            few = [part for part in context.data.part_names if kind.edits.parts.count(part) < 2]
            if few:
                notes.append(f"Parts that hardly any reference shows: {', '.join(few)}.")
    return tuple(notes)
