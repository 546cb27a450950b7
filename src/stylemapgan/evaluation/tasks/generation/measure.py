"""Whether random pictures resemble photos, and are as varied."""

from typing import ClassVar

import numpy as np
from jaxtyping import Int64

from stylemapgan.data import spread_rows
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
    too_few,
)
from stylemapgan.evaluation.tasks.abstract import AbstractTask, measure_encodings
from stylemapgan.evaluation.tasks.generation.sheets import generation_sheets
from stylemapgan.methods.abstract import AbstractMethod, Capability, Latent

RANDOM = "random"
FEW = "random, as many as test photos"
REAL = "real test photos"
MAIN = ("frechet", "precision", "recall")
BLOCK = 1_000
"""Latents drawn at once; each block has its own seed."""


class Generation(AbstractTask):
    """Generate pictures and compare the set with photos."""

    name: ClassVar[str] = "generation"
    title: ClassVar[str] = "Generation"
    about: ClassVar[str] = (
        "Random pictures without truncation are compared with as many training photos, as sets: "
        "are they as good, and as varied? Test photos and their reconstructions are compared with "
        "the same training photos, to show how good a figure can be."
    )
    needs: ClassVar[Capability | None] = "generates"

    def obstacle(self, context: EvaluationContext) -> str | None:
        """Sets need some pictures."""
        return too_few(context, context.config.generated)

    def measure(self, context: EvaluationContext) -> Findings:
        """Compare random pictures, and the sets that put them into perspective, with photos."""
        return measure_encodings(
            context, "generates", lambda method: _measure(context, method), of_data=[REAL]
        )


class RandomLatents:
    """An endless sequence of random latents, of which one block is in memory.

    Number 5 is the same latent whichever others are taken.
    """

    def __init__(self, method: AbstractMethod, seed: int) -> None:
        self._method = method
        self._seed = seed
        self._number = -1
        self._block: Latent | None = None

    def take(self, numbers: Int64[np.ndarray, " numbers"]) -> Latent:
        """Draw some of them; fastest in ascending order."""
        blocks = numbers // BLOCK
        cuts = np.flatnonzero(np.diff(blocks)) + 1
        found = [self._open(int(run[0]) // BLOCK)[run % BLOCK] for run in np.split(numbers, cuts)]
        return Latent.join(found)

    def _open(self, number: int) -> Latent:
        if self._block is None or number != self._number:
            seed = np.random.SeedSequence(self._seed).generate_state(number + 1)[-1]
            self._block = self._method.sample(BLOCK, int(seed)).on_cpu()
            self._number = number
        return self._block


def count_tested(context: EvaluationContext, most: int) -> int:
    """Count the test photos that put random pictures into perspective; 0 if there can be none."""
    count = min(len(context.data), most)
    return count if context.data.training is not None and count >= LEAST else 0


def _measure(context: EvaluationContext, method: AbstractMethod) -> Findings:
    count = count_compared(context, context.config.generated)
    real = likeness_features(context, count)
    random = RandomLatents(method, context.config.seed)
    generated = context.features.features(
        context.decode(method, random.take(np.arange(count)[rows]))
        for rows in context.batches(count, "generating pictures")
    )
    tested = count_tested(context, count)
    sets = {RANDOM: generated, **_perspective(context, method, tested)}
    if 0 < tested < count:
        sets[FEW] = generated[:tested]
    measures = (*set_distances(context.features), *set_coverage(context.features))
    return Findings(
        figures=tuple(set_figures(context, measures, real, sets, MAIN)),
        sheets=generation_sheets(context, method, random.take, generated, real),
        notes=_notes(context, count, tested),
        settings={"pictures": count, "test photos": tested, "psi": 1.0},
    )


def _perspective(
    context: EvaluationContext, method: AbstractMethod, count: int
) -> dict[str, Points]:
    """Compute features of test photos and of their reconstructions."""
    if count == 0:
        return {}
    chosen = spread_rows(len(context.data), count)
    found = {REAL: photo_features(context, context.data.photos, context.data.rows[chosen])}
    if context.why_not(method, "reconstructs") is None:
        latents = context.latents(method)
        found["reconstructions"] = context.features.features(
            context.decode(method, latents[chosen[rows]])
            for rows in context.batches(count, "computing features of reconstructions")
        )
    return found


def _notes(context: EvaluationContext, count: int, tested: int) -> tuple[str, ...]:
    if context.data.training is None:
        return (
            f"There are no training photos: {count:,} random pictures are compared with the test "
            "photos themselves.",
        )
    total = len(context.data.training)
    whose = "all" if count == total else f"{count:,} of the {total:,}"
    notes = [f"{count:,} random pictures (psi 1) are compared with {whose} training photos."]
    if tested:
        notes.append(
            f"So are {tested:,} test photos and their reconstructions. Test photos show how close "
            "other photos come; reconstructions show what encoding costs."
        )
    if 0 < tested < count:
        notes.append(
            "Figures depend on the number of pictures (only the kernel distance does not), so "
            f"compare both with “{FEW}”."
        )
    return tuple(notes)
