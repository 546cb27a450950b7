"""An evaluation on one page: main figures first, then every task, then how it was measured."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from io import StringIO
from pathlib import Path

from stylemapgan.evaluation.records import EvaluationRecord, TaskRecord
from stylemapgan.evaluation.report.numbers import SummaryRow, summary_rows
from stylemapgan.evaluation.report.tables import definitions, figure_blocks
from stylemapgan.evaluation.tasks.abstract import by_reason
from stylemapgan.images.atomic import write_text
from stylemapgan.pages import write_page
from stylemapgan.pages.blocks import (
    Block,
    Cell,
    Definitions,
    Details,
    Facts,
    Heading,
    Notice,
    Paragraph,
    Picture,
    Table,
)

PAGE, TABLE = "report.html", "figures.csv"
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
"""Of the table."""


def write_report(folder: Path, record: EvaluationRecord) -> tuple[Path, Path]:
    """Write the page and the table of figures beside an evaluation.

    Returns:
        Both files.

    Raises:
        MissingExtraError: Jinja or Matplotlib is not installed.
    """
    page, table = folder / PAGE, folder / TABLE
    write_page(page, title_of(record), blocks(record), _subtitle(record))
    write_text(table, figures_csv(record))
    return page, table


def figures_csv(record: EvaluationRecord) -> str:
    """Write one line for each figure; numbers are exact, a missing interval is `nan`."""
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


def title_of(record: EvaluationRecord) -> str:
    """Name the model and the data."""
    subject = record.subject
    return f"{subject.model.get('name', 'A model')} on {subject.data.get('name', 'photos')}"


def blocks(record: EvaluationRecord) -> list[Block]:
    """Lay out the page."""
    laid_out: list[Block] = [*_summary(record)]
    for task in record.tasks:
        laid_out += _task(task, record.subject.config.confidence)
    return [*laid_out, *_protocol(record)]


def reading_aid(confidence: float) -> str:
    """Explain arrows and intervals."""
    return (
        f"Arrows point towards better values. Intervals are {100 * confidence:g} % confidence "
        "intervals for other pictures of the same kind (bootstrap over pictures; for distances "
        "between sets, over halves of them)."
    )


def _subtitle(record: EvaluationRecord) -> str:
    parts = ["Evaluation", record.machine.get("begun", ""), _version(record)]
    return " · ".join(part for part in parts if part)


def _version(record: EvaluationRecord) -> str:
    version = record.machine.get("stylemapgan")
    return f"stylemapgan {version}" if version else ""


def _summary(record: EvaluationRecord) -> Iterator[Block]:
    confidence = record.subject.config.confidence
    yield Heading("Main figures")
    if record.tasks:
        columns = ["figure", f"value, {100 * confidence:g} % interval", "n"]
        rows = [_summary_row(row) for row in summary_rows(record.tasks)]
        yield Table(columns, rows, keeps_first=True)
        aid = reading_aid(confidence)
        yield Paragraph(f"{aid} n is the number of pictures, or of pairs, behind a figure.")
    else:
        yield Notice("No task is finished yet.", "warning")
    if record.left_out:
        yield Paragraph("Tasks left out:")
        yield Definitions(record.left_out)


def _summary_row(row: SummaryRow) -> list[str | Cell]:
    below = f"{row.task}: {row.variant}" if row.variant else row.task
    return [Cell(row.figure, below), Cell(row.value, row.interval, is_strong=True), row.count]


def _task(task: TaskRecord, confidence: float) -> Iterator[Block]:
    findings = task.findings
    yield Heading(task.title)
    yield Paragraph(task.about)
    yield from figure_blocks(findings.figures, confidence)
    yield from findings.charts
    if findings.left_out:
        yield Paragraph("Methods left out:")
        yield Definitions(by_reason(findings.left_out))
    for note in findings.notes:
        yield Paragraph(note)
    for sheet in findings.sheets:
        yield Picture(sheet.images, sheet.caption, scrolls=True)
    if findings.figures:
        yield definitions(findings.figures)
    if findings.settings:
        settings = {name: str(value) for name, value in findings.settings.items()}
        yield Details("Settings of the protocol", [Facts(settings)])


def _protocol(record: EvaluationRecord) -> Iterator[Block]:
    """List everything needed to repeat the evaluation."""
    subject = record.subject
    yield Heading("How it was measured")
    yield Paragraph("The same model, data, networks and settings reproduce these figures.")
    settings = {
        name.replace("_", " "): str(value) for name, value in asdict(subject.config).items()
    }
    seconds = {task.title: f"{task.seconds:,.1f} s" for task in record.tasks}
    yield from _facts("Model", subject.model)
    yield from _facts("Data", subject.data)
    yield from _facts("Judging networks", subject.networks)
    yield from _facts("Settings", settings)
    yield from _facts("Machine", record.machine)
    yield from _facts("Time of each task", seconds)


def _facts(title: str, facts: Mapping[str, str]) -> Iterator[Block]:
    if facts:
        yield Paragraph(f"{title}:")
        yield Facts(facts)
