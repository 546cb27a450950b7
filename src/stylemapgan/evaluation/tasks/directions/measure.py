"""Directions of attributes: whether moving photos along them changes what it should."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from stylemapgan.editing.directions.finding_directions import import_scikit_learn
from stylemapgan.errors import MissingExtraError
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import (
    Description,
    Figure,
    Findings,
    share_figure,
    whole_set,
)
from stylemapgan.evaluation.judges.attribute_classifier import (
    AttributeClassifier,
    attribute_judge,
    attribute_obstacle,
)
from stylemapgan.evaluation.tasks.abstract import AbstractTask, measure_encodings
from stylemapgan.evaluation.tasks.directions.pushes import (
    AMOUNTS,
    LEARNED_FROM,
    PUSHED,
    PushedPhotos,
    Pushes,
    draw_pushes,
    fit_directions,
    push_photos,
)
from stylemapgan.evaluation.tasks.directions.sheets import direction_charts, direction_sheet
from stylemapgan.methods.abstract import AbstractMethod, Capability
from stylemapgan.metrics.edit_errors import Shares

LARGEST = len(AMOUNTS)
"""Index of the amount, counted from 0, that single directions and the summary show."""
ALL = "all directions"
MAIN = ("success", "leakage")
"""Measures in the summary."""
DESCRIPTIONS: Mapping[str, Description] = {
    "success": {
        "name": "success",
        "title": "Success",
        "about": "Of photos without the value, the share in which a classifier finds it after the "
        "push (after Shen et al., InterFaceGAN, TPAMI 2020, section 4).",
        "better": "higher",
    },
    "leakage": {
        "name": "leakage",
        "title": "Leakage",
        "about": "Of the other attributes, the share whose value, as classified, differs "
        "between the pushed picture and the reconstruction; attributes tied to the value do not "
        "count.",
        "better": "lower",
    },
}


class Directions(AbstractTask):
    """Fit directions to attributes, push photos along them, and classify the results."""

    name: ClassVar[str] = "directions"
    title: ClassVar[str] = "Directions of attributes"
    about: ClassVar[str] = (
        "For the most common values of attributes, a direction is fitted to encoded training "
        "photos with and without the value. Test photos without the value are pushed along the "
        "direction. Does a classifier then find the value, and do other attributes stay the same?"
    )
    needs: ClassVar[Capability | None] = "moves_along_directions"

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Attributes must be known, and scikit-learn installed."""
        try:
            import_scikit_learn()
        except MissingExtraError as error:
            return str(error)
        return attribute_obstacle(context.data)

    def measure(self, context: EvaluationContext) -> Findings:
        """Fit, push, judge."""
        judge = attribute_judge(context)
        findings = measure_encodings(
            context,
            "moves_along_directions",
            lambda method: _measure(context, method, judge.classifier),
        )
        return replace(findings, figures=(*findings.figures, *judge.figures(context)))


def _measure(
    context: EvaluationContext, method: AbstractMethod, classifier: AttributeClassifier
) -> Findings:
    fitted = fit_directions(context, method, classifier)
    if not fitted:
        return Findings(notes=("No value of an attribute has enough photos with and without it.",))
    pushes = draw_pushes(context, method, fitted)
    found = push_photos(context, pushes, classifier)
    return Findings(
        figures=tuple(_figures(context, pushes, found)),
        sheets=(direction_sheet(context, pushes, found),),
        charts=direction_charts(pushes, found, context.distances[0].name),
        notes=_notes(pushes, found),
        settings={
            "directions": len(fitted),
            "training photos at most": LEARNED_FROM,
            "test photos for each direction at most": PUSHED,
        },
    )


def _figures(context: EvaluationContext, pushes: Pushes, found: PushedPhotos) -> Iterator[Figure]:
    """Make the figures of all directions for every amount, then of each for the largest."""
    for place in range(len(AMOUNTS) + 1):
        yield from _at(context, pushes, found, place, ALL)
    for each in pushes.fitted:
        yield from _at(context, pushes, found, LARGEST, each.question.label)
        if each.direction.accuracy is not None:
            yield Figure(
                name="direction-accuracy",
                title="Accuracy of the direction",
                estimate=whole_set(each.direction.accuracy, each.photos),
                about="Balanced accuracy of the plane across the direction on training photos with "
                "and without the value, by cross-validation; guessing gives 0.5.",
                better="higher",
                variant=each.question.label,
            )


def _at(
    context: EvaluationContext,
    pushes: Pushes,
    found: PushedPhotos,
    place: int,
    label: str,
) -> Iterator[Figure]:
    """Make the figures of some pushes by one amount; all pushes of a photo are one row.

    A photo that is pushed along several directions is resampled as one.
    """
    labels = [each.question.label for each in pushes.fitted]
    chosen = np.array([label in (ALL, labels[number]) for number in pushes.questions])
    variant = f"{label}, amount {(0.0, *AMOUNTS)[place]:g}"
    photos, owners = np.unique(pushes.photos[chosen], return_inverse=True)
    names = tuple(context.data.names[photo] for photo in photos)
    for name, shares in found.shares(place).items():
        top, bottom = (
            np.bincount(owners, weights=values[chosen], minlength=len(photos))
            for values in (shares.numerators, shares.denominators)
        )
        if len(photos) > 1 and bottom.sum() > 0:
            yield share_figure(
                Shares(top, bottom),
                names,
                context.bootstrap,
                **_describe(context, name, variant),
            )


def _describe(context: EvaluationContext, name: str, variant: str) -> Description:
    distance = context.distances[0].name
    change: Description = {
        "name": "change",
        "title": f"Change: {distance}",
        "about": f"{distance} between the pushed picture and the reconstruction.",
    }
    described = {**DESCRIPTIONS, "change": change}[name]
    is_main = variant == f"{ALL}, amount {AMOUNTS[-1]:g}" and name in MAIN
    return {**described, "variant": variant, "is_main": is_main}


def _notes(pushes: Pushes, found: PushedPhotos) -> tuple[str, ...]:
    notes = [
        f"Directions are fitted to at most {LEARNED_FROM:,} training photos; at most {PUSHED} test "
        "photos without the value are pushed along each. Amounts count standard deviations of "
        "photos along the direction; amount 0 is the reconstruction, so success there is the "
        "judge's error.",
        "Values are the most common one of every attribute, then the second most common; a value "
        "that splits the photos like an earlier one is left out.",
    ]
    tied = {
        each.question.label: sorted(each.tied - {each.question.attribute}) for each in pushes.fitted
    }
    tied_names = [f"{', '.join(names)} with {label}" for label, names in tied.items() if names]
    if not found.others.any():
        notes.append(
            "The photos have no other attributes, so there is no leakage to measure; the change "
            "shows how much of the picture moves."
        )
    if tied_names:
        notes.append(
            "Attributes that must change with the value do not count as leakage: "
            f"{'; '.join(tied_names)}.".replace("_", " ")
        )
    return tuple(notes)
