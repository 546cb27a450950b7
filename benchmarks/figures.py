"""Figures of an evaluation in a JSON file."""

import math
from collections.abc import Mapping
from typing import Any

from stylemapgan.evaluation.records import EvaluationRecord
from stylemapgan.metrics.intervals import Estimate

Figures = dict[str, dict[str, Estimate]]
"""Task → figure → value with interval."""


def figures_of(record: EvaluationRecord) -> Figures:
    """Collect the figures of all tasks."""
    return {
        task.task: {figure.key: figure.estimate for figure in task.findings.figures}
        for task in record.tasks
    }


def to_plain(figures: Figures) -> dict[str, Any]:
    """Prepare figures for JSON; those without an interval have null for its ends."""
    return {
        task: {
            name: {
                "value": _or_none(each.value),
                "low": _or_none(each.low),
                "high": _or_none(each.high),
                "count": each.count,
            }
            for name, each in found.items()
        }
        for task, found in figures.items()
    }


def from_plain(values: Mapping[str, Any]) -> Figures:
    """Read what `to_plain` made.

    Raises:
        KeyError: Something is missing.
    """
    return {
        task: {
            name: Estimate(
                _or_nan(each["value"]), _or_nan(each["low"]), _or_nan(each["high"]), each["count"]
            )
            for name, each in found.items()
        }
        for task, found in values.items()
    }


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else float(value)
