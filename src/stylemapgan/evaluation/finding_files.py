"""Figures, their rows and charts as plain values, which JSON and CSV can hold, and back."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from stylemapgan.errors import DataError
from stylemapgan.evaluation.findings import Figure
from stylemapgan.images.atomic import write_text
from stylemapgan.metrics.edits import Shares
from stylemapgan.metrics.intervals import Estimate
from stylemapgan.pages.blocks import Chart, Series


def write_rows(path: Path, figures: Sequence[Figure]) -> None:
    """Write one line for each figure and row; numbers come back exactly."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["figure", "row", "numerator", "denominator"])
    for figure in figures:
        if figure.shares is not None:
            pairs = zip(figure.shares.numerators, figure.shares.denominators, strict=True)
            writer.writerows(
                [figure.key, row, repr(float(top)), repr(float(bottom))]
                for row, (top, bottom) in zip(figure.rows, pairs, strict=True)
            )
    write_text(path, text.getvalue())


def read_rows(path: Path) -> dict[str, tuple[tuple[str, ...], Shares]]:
    """Read what `write_rows` wrote: a figure's key → names of its rows, and what each adds.

    Raises:
        DataError: The file is missing or damaged.
    """
    gathered: dict[str, list[tuple[str, float, float]]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for line in csv.DictReader(file):
                numbers = float(line["numerator"]), float(line["denominator"])
                gathered.setdefault(line["figure"], []).append((line["row"], *numbers))
    except (OSError, KeyError, ValueError) as error:
        raise damaged(path, error) from None
    return {
        key: (
            tuple(row for row, _, _ in lines),
            Shares(np.array([top for _, top, _ in lines]), np.array([down for *_, down in lines])),
        )
        for key, lines in gathered.items()
    }


def figure_to_plain(figure: Figure) -> dict[str, Any]:
    """Write a figure down, all but its rows."""
    left_to_rows = {"estimate", "rows", "shares"}
    told = {
        each.name: getattr(figure, each.name)
        for each in fields(figure)
        if each.name not in left_to_rows
    }
    return told | asdict(figure.estimate)


def figure_from_plain(
    told: dict[str, Any], shares: Mapping[str, tuple[tuple[str, ...], Shares]]
) -> Figure:
    """Put a figure and its rows together again; `told` is taken apart."""
    numbers = {each.name: told.pop(each.name) for each in fields(Estimate)}
    for name in ("value", "low", "high"):
        numbers[name] = _number(numbers[name])
    figure = Figure(estimate=Estimate(**numbers), **told)
    if figure.key not in shares:
        return figure
    rows, added = shares[figure.key]
    return Figure(estimate=figure.estimate, rows=rows, shares=added, **told)


def chart_from_plain(told: dict[str, Any]) -> Chart:
    """Build a chart from what `dataclasses.asdict` made of it."""
    series = [
        Series(**{name: _numbers(value) for name, value in each.items()}) for each in told["series"]
    ]
    return Chart(**{**told, "series": tuple(series)})


def _numbers(value: Any) -> Any:
    return tuple(map(_number, value)) if isinstance(value, list) else value


def _number(value: int | float | str) -> float:
    """JSON knows no infinity: it is written as a text."""
    return float(value)


def to_plain(value: Any) -> Any:
    """Bring values to what JSON knows."""
    if isinstance(value, Mapping):
        return {str(name): to_plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [to_plain(each) for each in value]
    if isinstance(value, np.generic):
        return to_plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def damaged(path: Path, error: Exception) -> DataError:
    """Say that a file cannot be read, and what to do."""
    said = f"{type(error).__name__}: {error}"
    return DataError(f"{path} is damaged ({said}): delete it and measure again.")
