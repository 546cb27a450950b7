"""A comparison on one page: winners where figures can decide, figures, pictures."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from stylemapgan.evaluation.comparison import ComparedFigure, Comparison
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.evaluation.records import EvaluationRecord
from stylemapgan.evaluation.report.evaluation_page import reading_aid
from stylemapgan.evaluation.report.numbers import (
    MINUS,
    headed,
    show_difference,
    show_interval,
    show_value,
)
from stylemapgan.evaluation.report.tables import LONGEST, definitions
from stylemapgan.pages.blocks import (
    Block,
    Cell,
    Details,
    Dot,
    Dots,
    Facts,
    Gallery,
    Heading,
    Notice,
    Paragraph,
    Picture,
    Table,
)


def comparison_title(comparison: Comparison) -> str:
    """Name the models."""
    return " against ".join(comparison.names)


def comparison_blocks(comparison: Comparison) -> list[Block]:
    """Lay out the page."""
    laid_out: list[Block] = [*_summary(comparison)]
    for _, together in groupby(comparison.figures, key=lambda each: each.task.task):
        laid_out += _task(comparison, list(together))
    return [*laid_out, *_subjects(comparison)]


def main_rows(comparison: Comparison) -> list[ComparedFigure]:
    """List the main figures; all if there is none."""
    return [each for each in comparison.figures if each.first.is_main] or list(comparison.figures)


def winner_of(comparison: Comparison, figure: ComparedFigure) -> str:
    """Name the winner; empty where there is none."""
    return "" if figure.winner is None else comparison.names[figure.winner]


def comparison_rows(comparison: Comparison) -> list[list[str]]:
    """List the main figures for the terminal: figure, values, differences, winner."""
    return [
        [
            headed(each.first) + (f"\n{each.first.variant}" if each.first.variant else ""),
            *(show_value(figure.estimate) for figure in each.figures),
            *(f"{show_difference(apart)}\n{show_interval(apart)}" for apart in each.differences),
            winner_of(comparison, each),
        ]
        for each in main_rows(comparison)
    ]


def _summary(comparison: Comparison) -> Iterator[Block]:
    confidence = comparison.records[0].subject.config.confidence
    shown = main_rows(comparison)
    yield Heading("Main figures")
    for remark in comparison.remarks:
        yield Notice(remark, "warning")
    yield _table(comparison, shown)
    yield Paragraph(
        f"{reading_aid(confidence)} Differences are to {comparison.names[0]}, on the same pictures "
        "where figures are means over pictures. A model is named as better only if the intervals "
        "of its differences to all others exclude 0, and all figures have one definition. Of equal "
        f"models, about {100 * (1 - confidence):g} % of comparisons name one by chance."
    )
    for each in shown:
        yield _dots(comparison, each)


def _task(comparison: Comparison, figures: Sequence[ComparedFigure]) -> Iterator[Block]:
    task = figures[0].task
    yield Heading(task.title)
    yield Paragraph(task.about)
    yield _table(comparison, figures[:LONGEST])
    if len(figures) > LONGEST:
        rest = _table(comparison, figures[LONGEST:])
        yield Details(f"{len(figures) - LONGEST} more figures", [rest])
    yield from _galleries(comparison, task.task)
    yield definitions([each.first for each in figures])


def _table(comparison: Comparison, figures: Sequence[ComparedFigure]) -> Table:
    first, *others = comparison.names
    columns = [
        "figure",
        *comparison.names,
        *(f"{name} {MINUS} {first}" for name in others),
        "better",
    ]
    return Table(columns, [_row(comparison, each) for each in figures], keeps_first=True)


def _row(comparison: Comparison, compared: ComparedFigure) -> list[str | Cell]:
    values = [
        Cell(
            show_value(figure.estimate),
            show_interval(figure.estimate),
            is_strong=number == compared.winner,
        )
        for number, figure in enumerate(compared.figures)
    ]
    apart = [Cell(show_difference(each), show_interval(each)) for each in compared.differences]
    winner = Cell(winner_of(comparison, compared), is_strong=True)
    return [Cell(headed(compared.first), compared.first.variant), *values, *apart, winner]


def _dots(comparison: Comparison, compared: ComparedFigure) -> Dots:
    first = compared.first
    variant = f" ({first.variant})" if first.variant else ""
    return Dots(
        headed(first) + variant,
        [
            Dot(
                name,
                figure.estimate.value,
                show_value(figure.estimate),
                low=figure.estimate.low,
                high=figure.estimate.high,
                is_strong=number == compared.winner,
            )
            for number, (name, figure) in enumerate(
                zip(comparison.names, compared.figures, strict=True)
            )
        ],
    )


def _galleries(comparison: Comparison, task: str) -> Iterator[Gallery]:
    """Show sheets of one name beside each other."""
    of_models = [_sheets(record, task) for record in comparison.records]
    for name in of_models[0]:
        sheets = [each[name] for each in of_models if name in each]
        if len(sheets) == len(of_models):
            pictures = [
                Picture(sheet.images, f"{model}. {sheet.caption}")
                for model, sheet in zip(comparison.names, sheets, strict=True)
            ]
            yield Gallery(pictures, is_large=True)


def _sheets(record: EvaluationRecord, task: str) -> dict[str, Sheet]:
    return {
        sheet.name: sheet
        for each in record.tasks
        if each.task == task
        for sheet in each.findings.sheets
    }


def _subjects(comparison: Comparison) -> Iterator[Block]:
    yield Heading("What was compared")
    for name, record in zip(comparison.names, comparison.records, strict=True):
        yield Paragraph(f"{name}:")
        yield Facts({**record.subject.model, **record.machine})
    subject = comparison.records[0].subject
    yield Paragraph("Data and judging networks:")
    yield Facts({**subject.data, **subject.networks})
