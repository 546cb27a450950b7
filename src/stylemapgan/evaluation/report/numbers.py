"""Figures for people: as many digits as the interval justifies, and the few main figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stylemapgan.evaluation.findings import Better, Figure
from stylemapgan.evaluation.records import TaskRecord
from stylemapgan.metrics.intervals import Estimate

DIGITS_OF_SPREAD = 2
"""Significant digits of half the interval; the figure has as many decimals."""
DIGITS_WITHOUT_INTERVAL = 4
MOST_DIGITS = 6
MOST_DECIMALS = 6
"""Numbers that need more are written with a power of ten."""
NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS, NOTHING = "\N{MINUS SIGN}", "\N{EN DASH}"
ARROWS: dict[Better, str] = {"lower": "↓", "higher": "↑", "neither": ""}


def show_value(estimate: Estimate) -> str:
    """Write the figure itself."""
    return show_number(estimate.value, decimals_of(estimate))


def show_interval(estimate: Estimate) -> str:
    """Write `0.021 to 0.026`; an empty string where there is no interval."""
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return ""
    decimals = decimals_of(estimate)
    return f"{show_number(estimate.low, decimals)} to {show_number(estimate.high, decimals)}"


def show_difference(estimate: Estimate) -> str:
    """Write a difference with its sign."""
    shown = show_value(estimate)
    return f"+{shown}" if estimate.value > 0 and shown.strip("0.") else shown


def decimals_of(estimate: Estimate) -> int:
    """Choose how many decimals the interval justifies."""
    ends = (estimate.low, estimate.high)
    spread = max((abs(end - estimate.value) for end in ends if math.isfinite(end)), default=0.0)
    largest = max((abs(end) for end in (*ends, estimate.value) if math.isfinite(end)), default=0.0)
    if largest == 0:
        return 0
    most = MOST_DIGITS - 1 - _power(largest)
    if spread > 0 and math.isfinite(spread):
        return max(0, min(DIGITS_OF_SPREAD - 1 - _power(spread), most))
    return max(0, DIGITS_WITHOUT_INTERVAL - 1 - _power(largest))


def show_number(value: float, decimals: int) -> str:
    """Write a number with some number of decimals."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if decimals > MOST_DECIMALS and value:
        sign = MINUS if value < 0 else ""
        return f"{sign}{abs(value):.{max(0, decimals + _power(value))}e}"
    shown = f"{value:,.{min(decimals, MOST_DECIMALS)}f}"
    is_zero = not shown.strip("-0.,")
    return shown.lstrip("-") if is_zero else shown.replace("-", MINUS)


@dataclass(frozen=True)
class SummaryRow:
    """A figure as text, for a table."""

    task: str
    """Its title."""
    figure: str
    """Its title, unit, and an arrow towards better values."""
    variant: str
    value: str
    interval: str
    """Empty where there is none."""
    count: str


def summary_rows(tasks: Sequence[TaskRecord]) -> list[SummaryRow]:
    """List the main figures of tasks; all figures of a task without main ones."""
    return [
        SummaryRow(
            task=task.title,
            figure=headed(figure),
            variant=figure.variant,
            value=show_value(figure.estimate),
            interval=show_interval(figure.estimate),
            count=f"{figure.estimate.count:,}",
        )
        for task in tasks
        for figure in main_figures(task)
    ]


def main_figures(task: TaskRecord) -> Sequence[Figure]:
    """List the main figures of a task; all if it has none."""
    figures = task.findings.figures
    return [figure for figure in figures if figure.is_main] or figures


def headed(figure: Figure) -> str:
    """Write the figure's title with its unit, and an arrow towards better values."""
    unit = f", {figure.unit}" if figure.unit else ""
    arrow = f"{NO_BREAK}{ARROWS[figure.better]}" if figure.better != "neither" else ""
    return figure.title + unit + arrow


def _power(value: float) -> int:
    return math.floor(math.log10(abs(value)))
