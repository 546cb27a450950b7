"""Directions of attributes: whether pushing photos along them gives what they promise."""

from collections.abc import Iterator, Mapping
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
from stylemapgan.evaluation.judges.attributes import attribute_judge, attribute_obstacle
from stylemapgan.evaluation.tasks.abstract import AbstractTask
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
from stylemapgan.metrics.edits import Shares

LARGEST = len(AMOUNTS)
"""Place of the amount, after 0, that every direction's own figures and the summary tell."""
ALL = "all directions"
MAIN = ("success", "leakage")
"""What the short summary tells."""
DESCRIPTIONS: Mapping[str, Description] = {
    "success": {
        "name": "success",
        "title": "Success",
        "about": "Share of photos without the value in which a classifier finds it after the push "
        "(after Shen et al., InterFaceGAN, TPAMI 2020, section 4).",
        "better": "higher",
    },
    "leakage": {
        "name": "leakage",
        "title": "Leakage",
        "about": "Share of other attributes whose value, as a classifier finds it, is another one "
        "after the push than in the reconstruction; without attributes tied to the value.",
        "better": "lower",
    },
}


class Directions(AbstractTask):
    """Fit directions to attributes, push photos along them, and ask a classifier."""

    name: ClassVar[str] = "directions"
    title: ClassVar[str] = "Directions of attributes"
    about: ClassVar[str] = (
        "For the commonest values of attributes, a direction is fitted to the stylemaps of "
        "training photos with and without the value. Test photos without it are pushed along the "
        "direction. Does a classifier then find the value, and do other attributes stay?"
    )

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Attributes must be known, and scikit-learn be there."""
        try:
            import_scikit_learn()
        except MissingExtraError as error:
            return str(error)
        return attribute_obstacle(context.data)

    def measure(self, context: EvaluationContext) -> Findings:
        """Fit, push, judge."""
        judge = attribute_judge(context)
        fitted = fit_directions(context, judge.classifier)
        if not fitted:
            note = "No value of an attribute has enough photos with it and without it."
            return Findings(figures=judge.figures(context), notes=(note,))
        pushes = draw_pushes(context, fitted)
        found = push_photos(context, pushes, judge.classifier)
        return Findings(
            figures=(*_figures(context, pushes, found), *judge.figures(context)),
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
                about="Mean of the shares of training photos with and without the value that a "
                "plane across the direction tells, by cross-validation; guessing gives 0.5.",
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
    """Make the figures of some pushes by one amount; a photo's pushes are one row.

    A photo that is pushed along several directions counts as one when photos are drawn anew.
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
        "photos without the value are pushed along each. An amount is a number of standard "
        "deviations of photos along the direction; amount 0 is the reconstruction, so its success "
        "is what the judge finds by mistake.",
        "Questions are the commonest value of every attribute, then the second ones; those with "
        "the same answers as an earlier one are left out.",
    ]
    tied = {
        each.question.label: sorted(each.tied - {each.question.attribute}) for each in pushes.fitted
    }
    told = [f"{', '.join(names)} with {label}" for label, names in tied.items() if names]
    if not found.others.any():
        notes.append(
            "Nothing else is known of the photos that could stay, so there is no leakage to "
            "measure; the change says how much of the picture moves."
        )
    if told:
        notes.append(
            "Attributes that cannot stay where the value changes do not count as leakage: "
            f"{'; '.join(told)}.".replace("_", " ")
        )
    return tuple(notes)
