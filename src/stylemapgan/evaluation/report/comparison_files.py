"""A comparison for programs, and its files."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from stylemapgan.config import to_dict
from stylemapgan.evaluation.comparison import ComparedFigure, Comparison
from stylemapgan.evaluation.findings import to_plain
from stylemapgan.evaluation.report.comparison_page import (
    comparison_blocks,
    comparison_title,
    winner_of,
)
from stylemapgan.images.atomic import write_text
from stylemapgan.metrics.intervals import Estimate
from stylemapgan.pages import write_page

FORMAT = "stylemapgan-comparison-1"
COLUMNS = (
    "task",
    "name",
    "variant",
    "model",
    "value",
    "low",
    "high",
    "count",
    "difference",
    "difference_low",
    "difference_high",
    "paired",
    "wins",
    "unit",
    "better",
    "title",
)


def write_comparison(folder: Path, comparison: Comparison) -> list[Path]:
    """Write compare.html, compare.csv and compare.json.

    Raises:
        MissingExtraError: Jinja or Matplotlib is not installed.
    """
    page = folder / "compare.html"
    data = comparison.records[0].subject.data.get("name", "")
    subtitle = f"Comparison on {data}" if data else "Comparison"
    write_page(page, comparison_title(comparison), comparison_blocks(comparison), subtitle)
    texts = {
        folder / "compare.csv": comparison_csv(comparison),
        folder / "compare.json": comparison_json(comparison),
    }
    for path, text in texts.items():
        write_text(path, text)
    return [page, *texts]


def comparison_csv(comparison: Comparison) -> str:
    """Write one line for each figure and model; numbers are exact."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for compared in comparison.figures:
        writer.writerows(_lines(comparison, compared))
    return text.getvalue()


def comparison_json(comparison: Comparison) -> str:
    """Write everything that was compared as JSON."""
    document = {
        "format": FORMAT,
        "models": [
            {"name": name, "subject": to_dict(record.subject), "machine": record.machine}
            for name, record in zip(comparison.names, comparison.records, strict=True)
        ],
        "remarks": comparison.remarks,
        "figures": [_figure(comparison, compared) for compared in comparison.figures],
    }
    return json.dumps(to_plain(document), indent=1, ensure_ascii=False) + "\n"


def _lines(comparison: Comparison, compared: ComparedFigure) -> Iterator[list[Any]]:
    first = compared.first
    differences = [None, *compared.differences]
    for number, (figure, apart) in enumerate(zip(compared.figures, differences, strict=True)):
        yield [
            compared.task.task,
            first.name,
            first.variant,
            comparison.names[number],
            *_numbers(figure.estimate),
            figure.estimate.count,
            *(["", "", ""] if apart is None else _numbers(apart)),
            "yes" if compared.is_paired else "no",
            "yes" if number == compared.winner else "",
            first.unit,
            first.better,
            first.title,
        ]


def _figure(comparison: Comparison, compared: ComparedFigure) -> dict[str, Any]:
    first = compared.first
    estimates = [figure.estimate for figure in compared.figures]
    return {
        "task": compared.task.task,
        "name": first.name,
        "variant": first.variant,
        "title": first.title,
        "about": first.about,
        "unit": first.unit,
        "better": first.better,
        "is_main": first.is_main,
        "paired": compared.is_paired,
        "winner": winner_of(comparison, compared) or None,
        "models": dict(zip(comparison.names, map(vars, estimates), strict=True)),
        "differences": dict(
            zip(comparison.names[1:], map(vars, compared.differences), strict=True)
        ),
    }


def _numbers(estimate: Estimate) -> list[str]:
    return [repr(float(each)) for each in (estimate.value, estimate.low, estimate.high)]
