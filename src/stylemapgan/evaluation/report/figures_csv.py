"""All figures as one table for programs."""

import csv
from collections.abc import Iterator
from io import StringIO

from stylemapgan.evaluation.records import EvaluationRecord

COLUMNS = (
    "task",
    "name",
    "variant",
    "value",
    "low",
    "high",
    "count",
    "unit",
    "better",
    "title",
    "about",
)


def figures_csv(record: EvaluationRecord) -> str:
    """Write one line for each figure; numbers are exact, an interval that is missing is `nan`."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_lines(record))
    return text.getvalue()


def _lines(record: EvaluationRecord) -> Iterator[list[str | int]]:
    for task in record.tasks:
        for figure in task.findings.figures:
            estimate = figure.estimate
            yield [
                task.task,
                figure.name,
                figure.variant,
                *(repr(float(each)) for each in (estimate.value, estimate.low, estimate.high)),
                estimate.count,
                figure.unit,
                figure.better,
                figure.title,
                figure.about,
            ]
