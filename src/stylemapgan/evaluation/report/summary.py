"""The few figures that tell most."""

from collections.abc import Sequence
from dataclasses import dataclass

from stylemapgan.evaluation.findings import Figure
from stylemapgan.evaluation.records import TaskRecord
from stylemapgan.evaluation.report.numbers import ARROWS, show_interval, show_value

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class SummaryRow:
    """A figure in words and numbers, ready to be printed."""

    task: str
    """Its title."""
    figure: str
    """Its title, unit, and an arrow to the better side."""
    variant: str
    value: str
    interval: str
    """Empty where there is none."""
    count: str


def summary_rows(tasks: Sequence[TaskRecord]) -> list[SummaryRow]:
    """List the main figures of tasks; all figures of a task that names none."""
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
    """List the main figures of a task; all where it names none."""
    figures = task.findings.figures
    return [figure for figure in figures if figure.is_main] or figures


def headed(figure: Figure) -> str:
    """Write the figure's title with its unit, and with an arrow to the better side."""
    unit = f", {figure.unit}" if figure.unit else ""
    arrow = f"{NO_BREAK}{ARROWS[figure.better]}" if figure.better != "neither" else ""
    return figure.title + unit + arrow
