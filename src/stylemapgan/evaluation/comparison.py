"""Several evaluations side by side, with a winner where figures can decide.

Two models measured on the same pictures are compared picture by picture: what makes a picture hard
for both cancels, and the interval of the difference is narrower than those of the models suggest.
Figures of whole sets have no such rows; the interval of their difference follows from both figures'
own intervals as if they were independent, which is conservative where, as here, both share photos.

A model wins a figure if it is better than each of the others and the intervals of all these
differences exclude 0. By chance, that happens in one of twenty comparisons of equal models (at
95 %); there is no correction for looking at many figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Int64

from stylemapgan.checkpoints.file import SUFFIX
from stylemapgan.errors import DataError
from stylemapgan.evaluation.comparability import (
    cautions,
    kind_of,
    reasons_for_no_winner,
    refuse_different,
)
from stylemapgan.evaluation.findings import Figure
from stylemapgan.evaluation.records import EvaluationRecord, TaskRecord
from stylemapgan.metrics.edit_errors import Shares
from stylemapgan.metrics.intervals import (
    Bootstrap,
    Estimate,
    ratio_interval,
    statistic_interval,
)


@dataclass(frozen=True, eq=False)
class ComparedFigure:
    """One figure of every model."""

    task: TaskRecord
    """The first model's."""
    figures: Sequence[Figure]
    """One for each model, in the order they were given."""
    differences: Sequence[Estimate]
    """Each model minus the first, from the second model on."""
    is_paired: bool
    """Whether differences are measured on the same pictures."""
    winner: int | None
    """The model that is better than all others; None where figures cannot decide."""

    @property
    def first(self) -> Figure:
        """The first model's figure, which holds the definition."""
        return self.figures[0]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Evaluations of the same data under the same settings."""

    names: Sequence[str]
    """Names of the models, all different."""
    records: Sequence[EvaluationRecord]
    figures: Sequence[ComparedFigure]
    """Figures that all evaluations have, in the order of the first."""
    remarks: Sequence[str]
    """Why some figures have no winner."""


def compare(records: Sequence[EvaluationRecord]) -> Comparison:
    """Compare evaluations.

    Args:
        records: At least two; differences are to the first.

    Raises:
        DataError: They are of different data, judged by different networks or measured under
            different settings, or have no figure in common.
    """
    if len(records) < 2:
        raise DataError(f"A comparison needs at least 2 evaluations, got {len(records)}.")
    names = _names(records)
    for one, other in pairwise(zip(names, records, strict=True)):
        refuse_different(one, other)
    remarks = reasons_for_no_winner(records)
    settings = records[0].subject.config
    bootstrap = Bootstrap(confidence=settings.confidence, seed=settings.seed)
    figures = [
        _compare(task, figures, bootstrap, can_win=kind_of(task) not in remarks)
        for task, figures in _in_common(records)
    ]
    if not figures:
        raise DataError(
            f"{', '.join(names)} have no figure in common: evaluate the same --tasks for each."
        )
    return Comparison(names, records, figures, [*remarks.values(), *cautions(records)])


def difference(one: Figure, other: Figure, bootstrap: Bootstrap) -> Estimate:
    """Estimate one figure minus another, paired where they have the same rows.

    Paired differences resample both models' rows together. Unpaired ones lie
    between d - sqrt((a - a_low)² + (b_high - b)²) and d + sqrt((a_high - a)² + (b - b_low)²)
    where d = a - b; for symmetric intervals that is the usual one of two independent normal
    variables.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993; for unpaired ones Zou
    and Donner, "Construction of confidence limits about effect measures", Statistics in Medicine
    27, 2008.
    """
    if are_paired(one, other):
        assert one.shares is not None  # paired figures have rows
        assert other.shares is not None
        return _paired(one.shares, other.shares, bootstrap)
    return _unpaired(one.estimate, other.estimate)


def are_paired(one: Figure, other: Figure) -> bool:
    """Tell whether two figures are of the same pictures, in the same order."""
    have_shares = one.shares is not None and other.shares is not None
    return have_shares and len(one.rows) > 1 and one.rows == other.rows


def _compare(
    task: TaskRecord, figures: Sequence[Figure], bootstrap: Bootstrap, *, can_win: bool
) -> ComparedFigure:
    first = figures[0]
    is_one_thing = len({(figure.about, figure.unit, figure.better) for figure in figures}) == 1
    return ComparedFigure(
        task=task,
        figures=figures,
        differences=[difference(figure, first, bootstrap) for figure in figures[1:]],
        is_paired=all(are_paired(figure, first) for figure in figures[1:]),
        winner=_winner(figures, bootstrap) if can_win and is_one_thing else None,
    )


def _winner(figures: Sequence[Figure], bootstrap: Bootstrap) -> int | None:
    """Find the model whose differences to all others have intervals without 0."""
    better = figures[0].better
    values = np.array([figure.estimate.value for figure in figures])
    if better == "neither" or np.isnan(values).any():
        return None
    best = int(values.argmin() if better == "lower" else values.argmax())
    others = (figure for number, figure in enumerate(figures) if number != best)
    differences = (difference(figures[best], other, bootstrap) for other in others)
    return best if all(each.is_apart_from(0.0) for each in differences) else None


def _paired(one: Shares, other: Shares, bootstrap: Bootstrap) -> Estimate:
    if np.array_equal(one.denominators, other.denominators):
        with np.errstate(invalid="ignore"):  # infinite for both counts as no difference
            apart = np.where(
                one.numerators == other.numerators, 0.0, one.numerators - other.numerators
            )
        return ratio_interval(apart, one.denominators, bootstrap)

    def drawn(rows: Int64[np.ndarray, " rows"]) -> float:
        return _ratio(one, rows) - _ratio(other, rows)

    return statistic_interval(drawn, len(one.numerators), bootstrap)


def _ratio(shares: Shares, rows: Int64[np.ndarray, " rows"]) -> float:
    below = shares.denominators[rows].sum()
    return float(shares.numerators[rows].sum() / below) if below > 0 else 0.0


def _unpaired(one: Estimate, other: Estimate) -> Estimate:
    apart = one.value - other.value
    below = np.hypot(one.value - one.low, other.high - other.value)
    above = np.hypot(one.high - one.value, other.value - other.low)
    count = min(one.count, other.count)
    return Estimate(apart, float(apart - below), float(apart + above), count)


def _in_common(
    records: Sequence[EvaluationRecord],
) -> list[tuple[TaskRecord, list[Figure]]]:
    """List the figures that all records have: of one task, name and variant."""
    known = [
        {
            (task.task, figure.key): figure
            for task in record.tasks
            for figure in task.findings.figures
        }
        for record in records
    ]
    return [
        (task, [each[task.task, figure.key] for each in known])
        for task in records[0].tasks
        for figure in task.findings.figures
        if all((task.task, figure.key) in each for each in known)
    ]


def _names(records: Sequence[EvaluationRecord]) -> list[str]:
    """Name the models; equal names are numbered."""
    given = [record.subject.model.get("name", "model").removesuffix(SUFFIX) for record in records]
    return [
        name if given.count(name) == 1 else f"{name} ({given[: number + 1].count(name)})"
        for number, name in enumerate(given)
    ]
