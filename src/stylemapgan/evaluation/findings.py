"""What a task finds: figures with intervals, pictures, charts and notes, also as JSON and CSV."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from io import StringIO
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict, Unpack

import numpy as np
from jaxtyping import Float

from stylemapgan.errors import DataError
from stylemapgan.images.atomic import write_text
from stylemapgan.metrics.edit_errors import Shares
from stylemapgan.metrics.intervals import Bootstrap, Estimate, mean_interval
from stylemapgan.pages.blocks import Chart, Series
from stylemapgan.types import Images

Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Figure:
    """One number, its interval, and its definition."""

    name: str
    """Short and stable, for programs: `mse`, `lpips`, `frechet`."""
    title: str
    """For people: `MSE`, `Fréchet distance (EfficientNet-Lite0)`."""
    estimate: Estimate
    about: str
    """The definition in one sentence, with its source."""
    better: Better = "neither"
    variant: str = ""
    """What was measured, where a task measures several: `w-plus`, `do nothing`, `hair, w`."""
    unit: str = ""
    """Such as `ms`; empty for plain numbers."""
    rows: tuple[str, ...] = ()
    """Names of the pictures or pairs behind the figure; empty where it is one of a whole set."""
    shares: Shares | None = None
    """What each row adds: the figure is the sum of numerators over the sum of denominators."""
    is_main: bool = False
    """Whether it stands in the short summary of an evaluation."""
    methods: tuple[str, ...] = ()
    """Methods that it measures: several if they share an encoding, none for figures of the data."""

    @property
    def key(self) -> str:
        """Name and variant, the same in all evaluations."""
        return f"{self.name} ({self.variant})" if self.variant else self.name

    @property
    def aspect(self) -> str:
        """The variant without the method: what figures of two methods have in common."""
        parts = self.variant.split(", ")
        return ", ".join(part for part in parts if self.methods != (part,))


@dataclass(frozen=True, eq=False)
class Sheet:
    """A picture for the report."""

    name: str
    """For its file: small letters and hyphens."""
    images: Images | Path
    """One picture, or its file."""
    caption: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings:
    """Everything a task found."""

    figures: tuple[Figure, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader of the figures must know: the protocol, what was left out and why."""
    settings: Mapping[str, str | int | float] = field(default_factory=dict)
    """Numbers of the protocol that no setting of the evaluation says."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Method → why it was not measured."""


class Description(TypedDict):
    """What a figure says of itself; see `Figure`."""

    name: str
    title: str
    about: str
    better: NotRequired[Better]
    variant: NotRequired[str]
    unit: NotRequired[str]
    is_main: NotRequired[bool]
    methods: NotRequired[tuple[str, ...]]


def whole_set(value: float, count: int) -> Estimate:
    """Wrap a figure without an interval."""
    return Estimate(value, float("nan"), float("nan"), count)


def mean_figure(
    values: Float[np.ndarray, " rows"],
    rows: tuple[str, ...],
    bootstrap: Bootstrap,
    **described: Unpack[Description],
) -> Figure:
    """Make the figure of one measurement a row: their mean.

    Args:
        values: One for each row.
        rows: Names of the pictures.
        bootstrap: How its interval is made.
        **described: `name`, `title`, `about`, and what else a `Figure` says of itself.
    """
    numbers = np.asarray(values, dtype=np.float64)
    shares = Shares(numbers, np.ones(len(numbers)))
    estimate = mean_interval(numbers, bootstrap)
    return Figure(estimate=estimate, rows=rows, shares=shares, **described)


def share_figure(
    shares: Shares, rows: tuple[str, ...], bootstrap: Bootstrap, **described: Unpack[Description]
) -> Figure:
    """Make the figure of a whole set that each row adds its share to; see `mean_figure`.

    Rows that add nothing are left out of `count`.
    """
    return Figure(estimate=shares.estimate(bootstrap), rows=rows, shares=shares, **described)


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
