"""An evaluation on one page: what matters first, then every task, then how it was measured."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from stylemapgan.evaluation.records import EvaluationRecord, TaskRecord
from stylemapgan.evaluation.report.figures_csv import figures_csv
from stylemapgan.evaluation.report.summary import SummaryRow, summary_rows
from stylemapgan.evaluation.report.tables import definitions, figure_blocks
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
    """Say how to read arrows and intervals."""
    return (
        f"An arrow points to the better side. Intervals hold {100 * confidence:g} %: between these "
        "bounds the figure is trusted to lie for other pictures of the same kind (bootstrap over "
        "pictures; for distances between sets, over halves of them)."
    )


def _subtitle(record: EvaluationRecord) -> str:
    said = ["Evaluation", record.machine.get("begun", ""), _version(record)]
    return " · ".join(each for each in said if each)


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
        yield Paragraph(f"{aid} n counts the pictures, or pairs of them, behind a figure.")
    else:
        yield Notice("No task is finished yet.", "warning")
    if record.left_out:
        yield Paragraph("Not asked of this data:")
        yield Definitions(record.left_out)


def _summary_row(row: SummaryRow) -> list[str | Cell]:
    place = f"{row.task}: {row.variant}" if row.variant else row.task
    return [Cell(row.figure, place), Cell(row.value, row.interval, is_strong=True), row.count]


def _task(task: TaskRecord, confidence: float) -> Iterator[Block]:
    findings = task.findings
    yield Heading(task.title)
    yield Paragraph(task.about)
    yield from figure_blocks(findings.figures, confidence)
    yield from findings.charts
    for note in findings.notes:
        yield Paragraph(note)
    for sheet in findings.sheets:
        yield Picture(sheet.images, sheet.caption, scrolls=True)
    if findings.figures:
        yield definitions(findings.figures)
    if findings.settings:
        settings = {name: str(value) for name, value in findings.settings.items()}
        yield Details("Numbers of the protocol", [Facts(settings)])


def _protocol(record: EvaluationRecord) -> Iterator[Block]:
    """Say what was measured, on what, with what: all that somebody needs to do it again."""
    subject = record.subject
    yield Heading("How it was measured")
    yield Paragraph("The same model, data, networks and settings give the same figures again.")
    settings = {
        name.replace("_", " "): str(value) for name, value in asdict(subject.config).items()
    }
    seconds = {task.title: f"{task.seconds:,.1f} s" for task in record.tasks}
    yield from _facts("Model", subject.model)
    yield from _facts("Data", subject.data)
    yield from _facts("Networks that judge", subject.networks)
    yield from _facts("Settings", settings)
    yield from _facts("Machine", record.machine)
    yield from _facts("Time of each task", seconds)


def _facts(title: str, facts: Mapping[str, str]) -> Iterator[Block]:
    if facts:
        yield Paragraph(f"{title}:")
        yield Facts(facts)
