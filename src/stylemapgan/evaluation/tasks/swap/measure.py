"""Swaps of a part, measured against the true picture, which only drawings have."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TripleFiles
from stylemapgan.evaluation.findings import Description, Figure, Findings, share_figure
from stylemapgan.evaluation.judges.attribute_classifier import attribute_obstacle
from stylemapgan.evaluation.judges.part_segmenter import part_obstacle
from stylemapgan.evaluation.tasks.abstract import AbstractTask
from stylemapgan.evaluation.tasks.local_editing.local_edits import LEAST_EDITS, too_few_edits
from stylemapgan.evaluation.tasks.swap.against_truth import (
    RECONSTRUCTED,
    Measured,
    SwapJudges,
    choose_triples,
    describe_distance,
    find_judges,
    measure_swaps,
    swapping_methods,
)
from stylemapgan.evaluation.tasks.swap.descriptions import DESCRIPTIONS
from stylemapgan.evaluation.tasks.swap.sheets import swap_sheets
from stylemapgan.methods.abstract import Capability
from stylemapgan.metrics.edit_errors import Shares

OF_EACH_PART = ("mse-inside", "part-iou", "attributes-taken")
"""Measures of each part alone."""
MAIN = ("mse", "part-iou", "attributes-taken")
"""Measures in the summary, of the main method."""


class Swap(AbstractTask):
    """Put one part of a drawn face into another, and compare with the drawing of that."""

    name: ClassVar[str] = "swap"
    title: ClassVar[str] = "Swap of a part"
    about: ClassVar[str] = (
        "One part of a reference replaces that of a source, and the true result is known, because "
        "the same program drew it. The mask is where the true picture differs from the source at "
        "all."
    )
    needs: ClassVar[Capability | None] = "edits_by_mask"

    def has_maps(self, context: EvaluationContext) -> bool:
        """Maps of triples lie beside their pictures."""
        return context.data.has_maps_of_triples

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Only drawings have true results."""
        known = len(context.data.triples)
        if known < LEAST_EDITS:
            return (
                f"Swaps need at least {LEAST_EDITS} triples of pictures whose true result is "
                f"known, this data has {known}: `stylemapgan avatars` draws them."
            )
        if context.config.resolution % context.image_size:
            return (
                f"The resolution must be a whole multiple of the model's {context.image_size} "
                f"pixels, got {context.config.resolution}."
            )
        return too_few_edits(context)

    def measure(self, context: EvaluationContext) -> Findings:
        """Swap parts by every method, and measure the results."""
        judges = find_judges(context)
        triples = choose_triples(context.data.triples, context.config.edits)
        measured = measure_swaps(context, triples, judges)
        return Findings(
            figures=(*_figures(context, triples, measured), *_judges_figures(context, judges)),
            sheets=swap_sheets(context, triples, measured),
            notes=_notes(context),
            settings={"swaps": len(triples), "parts": len({triple.part for triple in triples})},
        )


def _figures(
    context: EvaluationContext, triples: Sequence[TripleFiles], measured: Measured
) -> Iterator[Figure]:
    """Make the figures of all swaps by every method, then those of each part.

    Single parts have figures of methods that encode photos only: the others show no more there.
    """
    parts = list(dict.fromkeys(triple.part for triple in triples))
    of_parts = [each.name for each in swapping_methods(context) if each.can("reconstructs")]
    wanted = [(method, None, tuple(measured[method])) for method in measured]
    wanted += [(method, part, OF_EACH_PART) for part in parts for method in of_parts]
    owners: dict[str, tuple[str, ...]] = {
        each.name: (each.name,) for each in swapping_methods(context)
    }
    for encoding in context.encodings("reconstructs", with_maps=context.data.has_maps_of_triples):
        owners.setdefault(RECONSTRUCTED, context.sharing(encoding))
    distances = map(describe_distance, context.distances)
    descriptions = {**DESCRIPTIONS, **{described["name"]: described for described in distances}}
    for method, part, measures in wanted:
        rows = [row for row, triple in enumerate(triples) if part in (None, triple.part)]
        names = tuple(f"{triples[row].folder.name} {triples[row].part}" for row in rows)
        for measure in measures:
            if measure not in measured[method]:
                continue
            shares = measured[method][measure]
            chosen = Shares(shares.numerators[rows], shares.denominators[rows])
            if len(rows) > 1 and chosen.denominators.sum() > 0:
                described: Description = {
                    **descriptions[measure],
                    "variant": f"{part}, {method}" if part else method,
                    "is_main": not part and method == context.main.name and measure in MAIN,
                    "methods": owners.get(method, ()),
                }
                yield share_figure(chosen, names, context.bootstrap, **described)


def _judges_figures(context: EvaluationContext, judges: SwapJudges) -> Iterator[Figure]:
    for judge in (judges.attributes, judges.parts):
        if judge:
            yield from judge.figures(context)


def _notes(context: EvaluationContext) -> tuple[str, ...]:
    notes = [
        "The true picture has no errors by definition; what the judging networks find in it is the "
        "best that their figures can be. The reconstructed truth is the true picture encoded and "
        "decoded: edits by the model can hardly be closer to the truth.",
        *(f"{method.name}: {method.about}" for method in swapping_methods(context)),
        "Copying pixels has small errors where the part lies at the same position in both pictures "
        "and hides nothing.",
        "A swap changes those attributes of the part in which source and reference differ; hidden "
        "ones, such as eyes behind sunglasses, count too.",
    ]
    obstacles = {
        "Attributes are not judged": attribute_obstacle(context.data),
        "Parts are not judged": part_obstacle(context.data),
    }
    notes += [f"{what}: {why}" for what, why in obstacles.items() if why]
    return tuple(notes)
