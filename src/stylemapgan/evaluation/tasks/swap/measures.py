"""What is measured of a swap, against the true picture and what is known of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from stylemapgan.data.avatars import PARTS
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import TestData, TripleFiles
from stylemapgan.evaluation.findings import Description
from stylemapgan.evaluation.judges.attribute_classifier import (
    UNKNOWN,
    AttributeClassifier,
    to_values,
)
from stylemapgan.evaluation.judges.attributes import (
    AttributeJudge,
    attribute_judge,
    attribute_obstacle,
)
from stylemapgan.evaluation.judges.features import PictureDistance
from stylemapgan.evaluation.judges.parts import PartJudge, part_judge, part_obstacle
from stylemapgan.evaluation.judges.segmentation import where_is
from stylemapgan.evaluation.tasks.swap.triples import METHODS, OpenedSwaps, open_swaps
from stylemapgan.metrics.edits import Shares, join, part_overlap, reference_errors
from stylemapgan.metrics.pictures import mse
from stylemapgan.types import Images

Measured = Mapping[str, Mapping[str, Shares]]
"""Method → measure → what each swap adds to it."""
Measure = Callable[[Images], Mapping[str, Shares]]
"""Looks at results and tells what they add to one measure, or to several it gets from one look."""
DESCRIPTIONS: Mapping[str, Description] = {
    "mse": {
        "name": "mse",
        "title": "MSE",
        "about": "Mean squared difference to the true picture, on [-1, 1].",
        "better": "lower",
    },
    "mse-inside": {
        "name": "mse-inside",
        "title": "MSE inside the mask",
        "about": "Squared difference to the true picture where it differs from the source at all, "
        "over all such pixels of all swaps, on [-1, 1].",
        "better": "lower",
    },
    "part-iou": {
        "name": "part-iou",
        "title": "Part IoU",
        "about": "Where a small network finds the swapped part in the result, against where it "
        "finds it in the true picture: pixels in both divided by pixels in either, over all swaps.",
        "better": "higher",
    },
    "attributes-taken": {
        "name": "attributes-taken",
        "title": "Attributes taken",
        "about": "Share of the attributes that the swap changes which a classifier finds in the "
        "result as the reference has them.",
        "better": "higher",
    },
    "attributes-kept": {
        "name": "attributes-kept",
        "title": "Attributes kept",
        "about": "Share of all other attributes which a classifier finds in the result as the "
        "source has them.",
        "better": "higher",
    },
}


@dataclass(frozen=True, eq=False)
class Judges:
    """Networks that say what a result shows, where the data can teach them."""

    attributes: AttributeJudge | None
    parts: PartJudge | None


def find_judges(context: EvaluationContext) -> Judges:
    """Train or remember the networks that judge swaps."""
    return Judges(
        attributes=None if attribute_obstacle(context.data) else attribute_judge(context),
        parts=None if part_obstacle(context.data) else part_judge(context),
    )


def measure_swaps(
    context: EvaluationContext, triples: Sequence[TripleFiles], judges: Judges
) -> Measured:
    """Carry swaps out by every method and measure them."""
    batches: dict[str, list[Mapping[str, Shares]]] = {method: [] for method in METHODS}
    for rows in context.batches(len(triples), "swapping parts"):
        opened = open_swaps(context, triples[rows])
        measures = _measures(context, judges, opened)
        for method, carry_out in METHODS.items():
            edited = carry_out(context, opened)
            found = [measure(edited) for measure in measures]
            batches[method].append({name: each[name] for each in found for name in each})
    return {
        method: {name: join([batch[name] for batch in found]) for name in found[0]}
        for method, found in batches.items()
    }


def describe_distance(distance: PictureDistance) -> Description:
    """Say what a perceptual distance to the true picture is."""
    return {
        "name": short_name(distance),
        "title": distance.name,
        "about": f"{distance.name} between the result and the true picture.",
        "better": "lower",
    }


def short_name(distance: PictureDistance) -> str:
    """Name a distance for programs: `lpips`."""
    return distance.name.split(" (")[0].lower().replace(" ", "-")


def _measures(context: EvaluationContext, judges: Judges, opened: OpenedSwaps) -> list[Measure]:
    """List what is to be measured of results of these swaps."""
    measures = [_errors(opened)]
    measures += [_to_truth(distance, opened.truth) for distance in context.distances]
    if judges.parts:
        measures.append(_overlap(context.data, judges.parts, opened))
    if judges.attributes:
        measures.append(_attributes(judges.attributes.classifier, opened.triples))
    return measures


def _errors(opened: OpenedSwaps) -> Measure:
    truth, mask = opened.truth, opened.edits.mask
    return lambda edited: {
        "mse": _each(mse(edited, truth)),
        "mse-inside": reference_errors(edited, truth, mask),
    }


def _to_truth(distance: PictureDistance, truth: Images) -> Measure:
    return lambda edited: {short_name(distance): _each(distance(edited, truth))}


def _each(values: np.ndarray) -> Shares:
    return Shares(values, np.ones(len(values)))


def _overlap(data: TestData, judge: PartJudge, opened: OpenedSwaps) -> Measure:
    """Compare where the swapped part is found in results and in true pictures."""
    numbers = np.array([data.part_names.index(triple.part) for triple in opened.triples])
    true = where_is(numbers, judge.segmenter.segment(opened.truth))
    return lambda edited: {
        "part-iou": part_overlap(where_is(numbers, judge.segmenter.segment(edited)), true)
    }


def _attributes(classifier: AttributeClassifier, triples: Sequence[TripleFiles]) -> Measure:
    """Count the attributes that are found as wanted, of those to be taken and of the others."""
    wanted, changes = wanted_values(classifier, triples)
    counting = {
        "attributes-taken": changes & (wanted != UNKNOWN),
        "attributes-kept": ~changes & (wanted != UNKNOWN),
    }

    def compare(edited: Images) -> dict[str, Shares]:
        is_right = classifier.judge(edited) == wanted
        return {
            name: Shares(
                (is_right & counts).sum(axis=1, dtype=np.float64),
                counts.sum(axis=1, dtype=np.float64),
            )
            for name, counts in counting.items()
        }

    return compare


def wanted_values(
    classifier: AttributeClassifier, triples: Sequence[TripleFiles]
) -> tuple[Int64[np.ndarray, "swaps attributes"], Bool[np.ndarray, "swaps attributes"]]:
    """Say which values true pictures have, and which of them are others than the source's."""
    names = classifier.attributes
    true = [
        {**triple.source, **{name: triple.reference[name] for name in PARTS[triple.part]}}
        for triple in triples
    ]
    words = {name: [each.get(name, "") for each in true] for name in names}
    pairs = zip(true, triples, strict=True)
    changes = [
        [each.get(name) != triple.source.get(name) for name in names] for each, triple in pairs
    ]
    wanted = to_values(classifier.vocabulary, words, len(triples))
    return wanted, np.array(changes, dtype=bool).reshape(wanted.shape)
