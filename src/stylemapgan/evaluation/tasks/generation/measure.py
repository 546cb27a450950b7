"""Whether random pictures are like photos, and as varied."""

from typing import ClassVar

import numpy as np

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Findings
from stylemapgan.evaluation.sets import (
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
from stylemapgan.evaluation.tasks.abstract import AbstractTask
from stylemapgan.evaluation.tasks.generation.random_pictures import RandomStylemaps
from stylemapgan.evaluation.tasks.generation.sheets import generation_sheets

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

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Sets need some pictures."""
        return too_few(context, context.config.generated)

    def measure(self, context: EvaluationContext) -> Findings:
        """Compare random pictures, and what they are to be judged by, with photos."""
        count = count_compared(context, context.config.generated)
        real = likeness_features(context, count)
        random = RandomStylemaps(context)
        generated = context.features.features(
            context.decode(random.take(np.arange(count)[rows]))
            for rows in context.batches(count, "generating pictures")
        )
        tested = count_tested(context, count)
        sets = {RANDOM: generated, **_floors(context, tested)}
        if 0 < tested < count:
            sets[FEW] = generated[:tested]
        measures = (*set_distances(context.features), *set_coverage(context.features))
        figures = set_figures(context, measures, real, sets, MAIN)
        return Findings(
            figures=tuple(figures),
            sheets=generation_sheets(context, random, generated, real),
            notes=_notes(context, count, tested),
            settings={"pictures": count, "test photos": tested, "psi": 1.0},
        )


def count_tested(context: EvaluationContext, most: int) -> int:
    """Count the test photos that random pictures are judged by; 0 if there can be none."""
    count = min(len(context.data), most)
    return count if context.data.training is not None and count >= LEAST else 0


def _floors(context: EvaluationContext, count: int) -> dict[str, Points]:
    """Compute features of test photos and of their reconstructions."""
    if count == 0:
        return {}
    chosen = spread_rows(len(context.data), count)
    batches = context.batches(count, "looking at reconstructions")
    reconstructed = context.features.features(
        context.decode(context.stylemaps[chosen[rows]]) for rows in batches
    )
    photos = photo_features(context, context.data.photos, context.data.rows[chosen])
    return {"real test photos": photos, "reconstructions": reconstructed}


def _notes(context: EvaluationContext, count: int, tested: int) -> tuple[str, ...]:
    if context.data.training is None:
        return (
            f"There are no training photos: {count} random pictures are compared with the test "
            "photos themselves.",
        )
    total = len(context.data.training)
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
