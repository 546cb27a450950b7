"""Whether photos lie between photos."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from stylemapgan.metrics.evaluation.findings import Figure, Findings, mean_figure
from stylemapgan.metrics.evaluation.generation import count_tested
from stylemapgan.metrics.evaluation.interpolation_views import steps_chart, strip_sheets
from stylemapgan.metrics.evaluation.sets import (
    SetMeasure,
    count_compared,
    likeness_features,
    set_distances,
    set_figures,
    too_few,
)
from stylemapgan.metrics.evaluation.task import AbstractTask
from stylemapgan.metrics.evaluation.workbench import Workbench
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

    def obstacle(self, bench: Workbench) -> str | None:
        """Ways have two ends, and sets need some pictures."""
        if len(bench.data) < 2:
            return "Interpolation needs at least 2 test photos."
        if bench.config.steps < LEAST_WAYS:
            return f"An interval of path lengths needs at least {LEAST_WAYS} ways: raise steps."
        return too_few(bench, bench.config.pairs)

    def measure(self, bench: Workbench) -> Findings:
        """Compare what is between photos with photos, and measure the ways."""
        count = count_compared(bench, bench.config.pairs)
        figures = lerp_figures(bench, count)
        ways = draw_ways(len(bench.data), bench.config.steps, bench.config.seed)
        length = length_figure(bench, ways)
        assert length.shares is not None  # a mean has them
        return Findings(
            figures=(*figures, length),
            sheets=strip_sheets(bench, ways, length.shares.each),
            charts=(steps_chart(bench, ways),),
            notes=_notes(bench, count),
            settings={"pairs": count, "ways": len(ways), "step": STEP},
        )


def lerp_figures(bench: Workbench, count: int) -> list[Figure]:
    """Compare one picture of each way with as many photos."""
    real = likeness_features(bench, count)
    ways = draw_ways(len(bench.data), count, bench.config.seed)
    between = bench.features.features(
        pictures
        for rows in bench.batches(count, "interpolating")
        for pictures in pictures_between(bench.decode, bench.stylemaps, _some(ways, rows), count)
    )
    sets, tested = {BETWEEN: between}, count_tested(bench, count)
    if 0 < tested < count:
        sets[FEW] = between[:tested]
    measures = [_between(measure) for measure in set_distances(bench.features)]
    return set_figures(bench, measures, real, sets, main=["frechet"])


def _between(measure: SetMeasure) -> SetMeasure:
    """Name a distance after what it is measured of."""
    about = f"With Inception: FID_lerp of Kim et al., CVPR 2021, section 4. {measure.about}"
    return replace(measure, title=f"{measure.title} between photos", about=about)


def length_figure(bench: Workbench, ways: Ways) -> Figure:
    """Measure the perceptual path length at one place of each way, in float32.

    The pictures at both ends of a step are so close that bfloat16's rounding would drown the
    difference.
    """
    distance, names, exact = bench.distances[0], bench.data.names, bench.exact
    lengths = [
        path_lengths(exact.decode, exact.stylemaps, _some(ways, rows), distance, len(ways))
        for rows in bench.batches(len(ways), "measuring ways")
    ]
    pairs = zip(ways.starts, ways.ends, strict=True)
    return mean_figure(
        np.concatenate(lengths),
        tuple(f"{names[start]} to {names[end]}" for start, end in pairs),
        bench.bootstrap,
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


def _notes(bench: Workbench, count: int) -> tuple[str, ...]:
    notes = [
        f"{count} random pairs of {len(bench.data)} test photos, at one random place each. A photo "
        "is in several pairs; the intervals take pairs for independent and are a little narrow.",
        "A short path can come of a model that shows little: read it beside the reconstruction.",
    ]
    if bench.data.training is None:
        notes.append("There are no training photos: pictures are compared with the test photos.")
    elif tested := count_tested(bench, count):
        notes.append(
            f"Compare “{FEW if tested < count else BETWEEN}” with the reconstructions and test "
            "photos of “Generation”, if that took as many pictures."
        )
    return tuple(notes)
