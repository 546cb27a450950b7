"""The tables of the comparison, as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from benchmarks.markdown import MISSING, show_number, table
from benchmarks.rivals.entries import all_entries
from benchmarks.rivals.results import Result
from benchmarks.rivals.seeds import NO_DIFFERENCE, Repeated
from stylemapgan.evaluation.tasks.true_edits.true_edits import KINDS


@dataclass(frozen=True, kw_only=True)
class Column:
    """A figure of every row; `{}` in its keys stands for the method."""

    title: str
    task: str
    keys: tuple[str, ...]


RECONSTRUCTION = (
    Column(title="MSE", task="reconstruction", keys=("mse ({})", "mse")),
    Column(
        title="feature distance",
        task="reconstruction",
        keys=("feature-distance ({})", "feature-distance"),
    ),
    Column(title="Fréchet, random", task="generation", keys=("frechet ({})", "frechet (random)")),
    Column(
        title="Fréchet, interpolated",
        task="interpolation",
        keys=("frechet ({})", "frechet (between photos)"),
    ),
)
EDITS = (
    Column(title="MSE_src", task="local-editing", keys=("mse-src (halves, {})",)),
    Column(title="MSE_ref", task="local-editing", keys=("mse-ref (halves, {})",)),
    Column(title="seam", task="local-editing", keys=("seam (halves, {})",)),
    Column(title="swap: MSE", task="swap", keys=("mse ({})",)),
    Column(title="swap: MSE inside", task="swap", keys=("mse-inside ({})",)),
    Column(
        title="detected (AP)",
        task="detectability",
        keys=("average-precision (halves, {})", "average-precision (parts, {})"),
    ),
)
TRUE_EDITS = tuple(
    Column(title=title.format(kind), task="true-edits", keys=(f"{key} ({kind}, {{}})",))
    for kind in KINDS
    for title, key in (("{}, inside", "error-inside"), ("outside", "error-outside"))
)


STANDARD = "w-plus"
"""StyleMapGAN's own edit, to which other methods are compared."""
NOTE = (
    "Of methods with several seeds: mean [largest - smallest]. "
    f"{NO_DIFFERENCE}: no further from {STANDARD} than the seeds of either are apart, which is no "
    "difference."
)
Row = Sequence[Result]
"""Results of one method, one for each seed."""

SECONDS_PER_HOUR = 3_600
BYTES_PER_PARAMETER = 4


def to_markdown(results: Sequence[Result]) -> str:
    """Write the tables of every data set that has results."""
    parts = []
    for data in dict.fromkeys(result.data for result in results):
        rows = _rows([result for result in results if result.data == data])
        tables = {"Photos": _photos(rows), "Edits by mask": _edits(rows)}
        if any(result.figures.get("true-edits") for row in rows.values() for result in row):
            tables["Edits with a photographed truth"] = _true_edits(rows)
        note = f"\n\n{NOTE}" if any(len(row) > 1 for row in rows.values()) else ""
        parts += [f"#### {title}, {data}\n\n{text}{note}" for title, text in tables.items()]
    return "\n\n".join(parts) + "\n"


def missing_entries(results: Sequence[Result]) -> list[str]:
    """List what has no results yet."""
    done = {result.entry for result in results}
    return [entry.name for entry in all_entries() if entry.name not in done]


def _rows(results: Sequence[Result]) -> Mapping[str, Row]:
    """Collect the results of each method, in the order of the tables."""
    rows: dict[str, list[Result]] = {}
    for result in results:
        rows.setdefault(result.method, []).append(result)
    return rows


def _photos(rows: Mapping[str, Row]) -> str:
    lines = [
        [
            method,
            row[0].time,
            *_cells(rows, method, RECONSTRUCTION),
            _time(row, "photo"),
            *_cost(row[0]),
        ]
        for method, row in rows.items()
        if row[0].figures.get("reconstruction")
    ]
    titles = [column.title for column in RECONSTRUCTION]
    heads = ["method", "encodes by", *titles, "seconds a photo", "trained, hours", "M parameters"]
    return table(heads, lines, labels=2)


def _edits(rows: Mapping[str, Row]) -> str:
    columns = [
        column
        for column in EDITS
        if any(result.figures.get(column.task) for row in rows.values() for result in row)
    ]
    lines = [
        [method, *_cells(rows, method, columns), _time(row, "edit")] for method, row in rows.items()
    ]
    return table(["method", *(column.title for column in columns), "seconds an edit"], lines)


def _true_edits(rows: Mapping[str, Row]) -> str:
    lines = [[method, *_cells(rows, method, TRUE_EDITS)] for method in rows]
    return table(["method", *(column.title for column in TRUE_EDITS)], lines)


def _cells(rows: Mapping[str, Row], method: str, columns: Sequence[Column]) -> list[str]:
    """Format the figures of a row; a task that was left out gives its reason."""
    return [_cell(rows, method, column) for column in columns]


def _cell(rows: Mapping[str, Row], method: str, column: Column) -> str:
    standard = _figure(rows.get(STANDARD, ()), column)
    found = standard if method == STANDARD else _figure(rows[method], column)
    if not found.estimates:
        return rows[method][0].left_out.get(column.task, MISSING)
    return found.to_text(standard)


def _figure(row: Row, column: Column) -> Repeated:
    found = [
        result.figure(column.task, *(key.format(result.method) for key in column.keys))
        for result in row
    ]
    return Repeated([estimate for estimate in found if estimate is not None])


def _time(row: Row, step: str) -> str:
    found = [result.seconds[step] for result in row if step in result.seconds]
    return show_number(mean(found)) if found else MISSING


def _cost(result: Result) -> list[str]:
    """Say for how long its networks were trained, in hours of one core, and how large they are."""
    starts = result.training.get("starts", ())
    hours = sum(start["processor_seconds"] for start in starts) / SECONDS_PER_HOUR
    size = result.training.get("parameter_bytes") or 0
    return [
        show_number(hours) if starts else MISSING,
        f"{size / BYTES_PER_PARAMETER / 1e6:.2f}" if size else MISSING,
    ]
