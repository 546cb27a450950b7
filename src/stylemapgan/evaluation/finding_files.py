"""Convert figures, their rows and charts to plain values for JSON and CSV, and back."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
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
    """Turn a figure into plain values, without its rows."""
    in_rows = {"estimate", "rows", "shares"}
    values = {
        each.name: getattr(figure, each.name) for each in fields(figure) if each.name not in in_rows
    }
    return values | asdict(figure.estimate)


def figure_from_plain(
    values: dict[str, Any], shares: Mapping[str, tuple[tuple[str, ...], Shares]]
) -> Figure:
    """Build a figure from plain values and its rows.

    Files of versions that measured no methods say nothing of `methods`.
    """
    numbers = {each.name: values[each.name] for each in fields(Estimate)}
    for name in ("value", "low", "high"):
        numbers[name] = _number(numbers[name])
    texts = {name: value for name, value in values.items() if name not in numbers}
    texts["methods"] = tuple(values.get("methods", ()))
    figure = Figure(estimate=Estimate(**numbers), **texts)
    if figure.key not in shares:
        return figure
    rows, added = shares[figure.key]
    return replace(figure, rows=rows, shares=added)


def chart_from_plain(values: dict[str, Any]) -> Chart:
    """Build a chart from what `dataclasses.asdict` made of it."""
    series = [
        Series(**{name: _numbers(value) for name, value in each.items()})
        for each in values["series"]
    ]
    return Chart(**{**values, "series": tuple(series)})


def _numbers(value: Any) -> Any:
    return tuple(map(_number, value)) if isinstance(value, list) else value


def _number(value: int | float | str) -> float:
    """Read a number; infinity, which JSON cannot hold, is a string."""
    return float(value)


def to_plain(value: Any) -> Any:
    """Convert values to what JSON can hold."""
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
    """Make the error for a file that cannot be read."""
    reason = f"{type(error).__name__}: {error}"
    return DataError(f"{path} is damaged ({reason}): delete it and evaluate again.")
