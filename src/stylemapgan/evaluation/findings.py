"""What a task finds: figures with intervals, pictures, charts, notes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NotRequired, TypedDict, Unpack

import numpy as np
from jaxtyping import Float

from stylemapgan.metrics.edits import Shares
from stylemapgan.metrics.intervals import Bootstrap, Estimate, mean_interval
from stylemapgan.pages.blocks import Chart
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
