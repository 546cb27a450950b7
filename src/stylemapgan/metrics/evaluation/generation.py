"""Whether random pictures are like photos, and as varied."""

from typing import ClassVar

import numpy as np

from stylemapgan.metrics.evaluation.findings import Findings
from stylemapgan.metrics.evaluation.generation_sheets import generation_sheets
from stylemapgan.metrics.evaluation.random_pictures import RandomStylemaps
from stylemapgan.metrics.evaluation.sets import (
    LEAST,
    Points,
    count_compared,
    likeness_features,
    photo_features,
    set_coverage,
    set_distances,
    set_figures,
    spread_rows,
    too_few,
)
from stylemapgan.metrics.evaluation.task import AbstractTask
from stylemapgan.metrics.evaluation.workbench import Workbench

RANDOM = "random"
FEW = "random, as many as test photos"
MAIN = ("frechet", "precision", "recall")


class Generation(AbstractTask):
    """Invent pictures and compare the set with photos."""

    name: ClassVar[str] = "generation"
    title: ClassVar[str] = "Generation"
    about: ClassVar[str] = (
        "Random pictures without truncation are compared with as many training photos, as sets: "
        "are they as good, and as varied? Test photos and their reconstructions are compared with "
        "the same training photos, to see how good a figure can be."
    )

    def obstacle(self, bench: Workbench) -> str | None:
        """Sets need some pictures."""
        return too_few(bench, bench.config.generated)

    def measure(self, bench: Workbench) -> Findings:
        """Compare random pictures, and what they are to be judged by, with photos."""
        count = count_compared(bench, bench.config.generated)
        real = likeness_features(bench, count)
        random = RandomStylemaps(bench)
        generated = bench.features.features(
            bench.decode(random.take(np.arange(count)[rows]))
            for rows in bench.batches(count, "generating pictures")
        )
        tested = count_tested(bench, count)
        sets = {RANDOM: generated, **_floors(bench, tested)}
        if 0 < tested < count:
            sets[FEW] = generated[:tested]
        measures = (*set_distances(bench.features), *set_coverage(bench.features))
        figures = set_figures(bench, measures, real, sets, MAIN)
        return Findings(
            figures=tuple(figures),
            sheets=generation_sheets(bench, random, generated, real),
            notes=_notes(bench, count, tested),
            settings={"pictures": count, "test photos": tested, "psi": 1.0},
        )


def count_tested(bench: Workbench, most: int) -> int:
    """Count the test photos that random pictures are judged by; 0 if there can be none."""
    count = min(len(bench.data), most)
    return count if bench.data.training is not None and count >= LEAST else 0


def _floors(bench: Workbench, count: int) -> dict[str, Points]:
    """Compute features of test photos and of their reconstructions."""
    if count == 0:
        return {}
    chosen = spread_rows(len(bench.data), count)
    batches = bench.batches(count, "looking at reconstructions")
    reconstructed = bench.features.features(
        bench.decode(bench.stylemaps[chosen[rows]]) for rows in batches
    )
    photos = photo_features(bench, bench.data.photos, bench.data.rows[chosen])
    return {"real test photos": photos, "reconstructions": reconstructed}


def _notes(bench: Workbench, count: int, tested: int) -> tuple[str, ...]:
    if bench.data.training is None:
        return (
            f"There are no training photos: {count} random pictures are compared with the test "
            "photos themselves.",
        )
    total = len(bench.data.training)
    whose = "all" if count == total else f"{count} of the {total}"
    notes = [f"{count} random pictures (psi 1) are compared with {whose} training photos."]
    if tested:
        notes.append(
            f"So are {tested} test photos and their reconstructions. Test photos show how near "
            "other photos come; reconstructions, what coding them costs."
        )
    if 0 < tested < count:
        notes.append(
            "Fewer pictures give other figures, so both compare with the figures of as many random "
            "pictures; of all figures, only the kernel distance does not depend on the number."
        )
    return tuple(notes)
