"""Whether pictures between two photos resemble photos."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Figure, Findings, mean_figure
from stylemapgan.evaluation.sets import (
    SetMeasure,
    count_compared,
    likeness_features,
    set_distances,
    set_figures,
    too_few,
)
from stylemapgan.evaluation.tasks.abstract import AbstractTask, measure_encodings
from stylemapgan.evaluation.tasks.generation.measure import count_tested
from stylemapgan.evaluation.tasks.interpolation.sheets import (
    between_photos,
    steps_chart,
    strip_sheets,
)
from stylemapgan.methods.abstract import AbstractMethod, Capability
from stylemapgan.metrics.path import STEP, PhotoPairs, draw_pairs, path_lengths, pictures_between

BETWEEN = "between photos"
LEAST_PATHS = 2
FEW = "between photos, as many as test photos"


class Interpolation(AbstractTask):
    """Walk from photo to photo and measure the pictures on the path."""

    name: ClassVar[str] = "interpolation"
    title: ClassVar[str] = "Interpolation"
    about: ClassVar[str] = (
        "Test photos are encoded, and points between random pairs of them are decoded. As a set, "
        "do these pictures resemble training photos (FID_lerp)? How much does a small step change "
        "the picture (perceptual path length)?"
    )
    needs: ClassVar[Capability | None] = "interpolates"

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Paths have two ends, and sets need some pictures."""
        if len(context.data) < 2:
            return f"Interpolation needs at least 2 test photos, got {len(context.data)}."
        if context.config.steps < LEAST_PATHS:
            return (
                f"An interval of path lengths needs at least {LEAST_PATHS} paths: set --steps to "
                f"{LEAST_PATHS} or more."
            )
        return too_few(context, context.config.pairs)

    def measure(self, context: EvaluationContext) -> Findings:
        """Compare pictures between photos with photos, and measure path lengths."""
        return measure_encodings(context, "interpolates", lambda method: _measure(context, method))


def _measure(context: EvaluationContext, method: AbstractMethod) -> Findings:
    count = count_compared(context, context.config.pairs)
    figures = lerp_figures(context, method, count)
    pairs = draw_pairs(len(context.data), context.config.steps, context.config.seed)
    exact = method.in_float32()
    length = length_figure(context, exact, pairs)
    assert length.shares is not None  # a mean has them
    return Findings(
        figures=(*figures, length),
        sheets=strip_sheets(context, method, pairs, length.shares.each),
        charts=(steps_chart(context, exact, pairs),),
        notes=_notes(context, count),
        settings={"pairs": count, "paths": len(pairs), "step": STEP},
    )


def lerp_figures(context: EvaluationContext, method: AbstractMethod, count: int) -> list[Figure]:
    """Compare one picture between each two photos with as many photos."""
    real = likeness_features(context, count)
    pairs = draw_pairs(len(context.data), count, context.config.seed)
    between = context.features.features(
        pictures
        for rows in context.batches(count, "interpolating")
        for pictures in pictures_between(between_photos(context, method), pairs[rows], count)
    )
    sets, tested = {BETWEEN: between}, count_tested(context, count)
    if 0 < tested < count:
        sets[FEW] = between[:tested]
    measures = [_between(measure) for measure in set_distances(context.features)]
    return set_figures(context, measures, real, sets, main=["frechet"])


def _between(measure: SetMeasure) -> SetMeasure:
    """Name a distance after what it is measured on."""
    about = f"With Inception: FID_lerp of Kim et al., CVPR 2021, section 4. {measure.about}"
    return replace(measure, title=f"{measure.title} between photos", about=about)


def length_figure(context: EvaluationContext, exact: AbstractMethod, pairs: PhotoPairs) -> Figure:
    """Measure the perceptual path length at one position of each path.

    The pictures at both ends of a step are so close that bfloat16's rounding would drown their
    difference, so the method computes in float32.
    """
    distance, names = context.distances[0], context.data.names
    between = between_photos(context, exact)
    lengths = [
        path_lengths(between, pairs[rows], distance, len(pairs))
        for rows in context.batches(len(pairs), "measuring path lengths")
    ]
    ends = zip(pairs.starts, pairs.ends, strict=True)
    return mean_figure(
        np.concatenate(lengths),
        tuple(f"{names[start]} to {names[end]}" for start, end in ends),
        context.bootstrap,
        name="path-length",
        title="Perceptual path length between photos",
        about=f"{distance.name} of two pictures that are {STEP:g} of the path apart, divided by "
        "the square of that; at one random position of each path, with none left out (after "
        "Karras et al., CVPR 2019, section 4.1).",
        better="lower",
        is_main=True,
    )


def _notes(context: EvaluationContext, count: int) -> tuple[str, ...]:
    notes = [
        f"{count:,} random pairs of {len(context.data):,} test photos, at one random place each. "
        "As photos are in several pairs, which the intervals treat as independent, the intervals "
        "are slightly too narrow.",
        "A model that shows little has short paths: read this figure beside the reconstruction.",
    ]
    if context.data.training is None:
        notes.append("There are no training photos: pictures are compared with the test photos.")
    elif tested := count_tested(context, count):
        notes.append(
            f"Compare “{FEW if tested < count else BETWEEN}” with the reconstructions and test "
            "photos of “Generation”, if that task used as many pictures."
        )
    return tuple(notes)
