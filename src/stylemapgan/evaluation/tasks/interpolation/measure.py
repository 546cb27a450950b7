"""Whether photos lie between photos."""

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
from stylemapgan.evaluation.tasks.abstract import AbstractTask
from stylemapgan.evaluation.tasks.generation.measure import count_tested
from stylemapgan.evaluation.tasks.interpolation.sheets import steps_chart, strip_sheets
from stylemapgan.metrics.path import STEP, Ways, draw_ways, path_lengths, pictures_between

BETWEEN = "between photos"
LEAST_WAYS = 2
FEW = "between photos, as many as test photos"


class Interpolation(AbstractTask):
    """Walk from photo to photo and see what is on the way."""

    name: ClassVar[str] = "interpolation"
    title: ClassVar[str] = "Interpolation"
    about: ClassVar[str] = (
        "Test photos are encoded, and points between random pairs of them are decoded. Are these "
        "pictures like training photos, as a set (FID_lerp)? How much does a small step change "
        "what one sees (perceptual path length)?"
    )

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Ways have two ends, and sets need some pictures."""
        if len(context.data) < 2:
            return "Interpolation needs at least 2 test photos."
        if context.config.steps < LEAST_WAYS:
            return f"An interval of path lengths needs at least {LEAST_WAYS} ways: raise steps."
        return too_few(context, context.config.pairs)

    def measure(self, context: EvaluationContext) -> Findings:
        """Compare what is between photos with photos, and measure the ways."""
        count = count_compared(context, context.config.pairs)
        figures = lerp_figures(context, count)
        ways = draw_ways(len(context.data), context.config.steps, context.config.seed)
        length = length_figure(context, ways)
        assert length.shares is not None  # a mean has them
        return Findings(
            figures=(*figures, length),
            sheets=strip_sheets(context, ways, length.shares.each),
            charts=(steps_chart(context, ways),),
            notes=_notes(context, count),
            settings={"pairs": count, "ways": len(ways), "step": STEP},
        )


def lerp_figures(context: EvaluationContext, count: int) -> list[Figure]:
    """Compare one picture of each way with as many photos."""
    real = likeness_features(context, count)
    ways = draw_ways(len(context.data), count, context.config.seed)
    between = context.features.features(
        pictures
        for rows in context.batches(count, "interpolating")
        for pictures in pictures_between(
            context.decode, context.stylemaps, _some(ways, rows), count
        )
    )
    sets, tested = {BETWEEN: between}, count_tested(context, count)
    if 0 < tested < count:
        sets[FEW] = between[:tested]
    measures = [_between(measure) for measure in set_distances(context.features)]
    return set_figures(context, measures, real, sets, main=["frechet"])


def _between(measure: SetMeasure) -> SetMeasure:
    """Name a distance after what it is measured of."""
    about = f"With Inception: FID_lerp of Kim et al., CVPR 2021, section 4. {measure.about}"
    return replace(measure, title=f"{measure.title} between photos", about=about)


def length_figure(context: EvaluationContext, ways: Ways) -> Figure:
    """Measure the perceptual path length at one place of each way, in float32.

    The pictures at both ends of a step are so close that bfloat16's rounding would drown the
    difference.
    """
    distance, names, exact = context.distances[0], context.data.names, context.exact
    lengths = [
        path_lengths(exact.decode, exact.stylemaps, _some(ways, rows), distance, len(ways))
        for rows in context.batches(len(ways), "measuring ways")
    ]
    pairs = zip(ways.starts, ways.ends, strict=True)
    return mean_figure(
        np.concatenate(lengths),
        tuple(f"{names[start]} to {names[end]}" for start, end in pairs),
        context.bootstrap,
        name="path-length",
        title="Perceptual path length between photos",
        about=f"{distance.name} of two pictures that are {STEP:g} of the way apart, divided by "
        "that squared; at one random place of each way, none left out (after Karras "
        "et al., CVPR 2019, section 4.1).",
        better="lower",
        is_main=True,
    )


def _some(ways: Ways, rows: slice) -> Ways:
    return Ways(ways.starts[rows], ways.ends[rows], ways.positions[rows])


def _notes(context: EvaluationContext, count: int) -> tuple[str, ...]:
    notes = [
        f"{count} random pairs of {len(context.data)} test photos, at one random place each. "
        "A photo is in several pairs; the intervals take pairs for independent and are a little "
        "narrow.",
        "A short path can come of a model that shows little: read it beside the reconstruction.",
    ]
    if context.data.training is None:
        notes.append("There are no training photos: pictures are compared with the test photos.")
    elif tested := count_tested(context, count):
        notes.append(
            f"Compare “{FEW if tested < count else BETWEEN}” with the reconstructions and test "
            "photos of “Generation”, if that took as many pictures."
        )
    return tuple(notes)
