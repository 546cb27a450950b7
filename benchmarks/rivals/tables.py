"""The tables of the comparison, as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.markdown import MISSING, show, show_number, table
from benchmarks.rivals.entries import all_entries
from benchmarks.rivals.results import Result
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
    Column(title="detected (AP)", task="detectability", keys=("average-precision (halves, {})",)),
)
TRUE_EDITS = tuple(
    Column(title=title.format(kind), task="true-edits", keys=(f"{key} ({kind}, {{}})",))
    for kind in KINDS
    for title, key in (("{}, inside", "error-inside"), ("outside", "error-outside"))
)


def to_markdown(results: Sequence[Result]) -> str:
    """Write the tables of every data set that has results."""
    parts = []
    for data in dict.fromkeys(result.data for result in results):
        of_data = [result for result in results if result.data == data]
        parts.append(f"#### Photos, {data}\n\n{_photos(of_data)}")
        parts.append(f"#### Edits by mask, {data}\n\n{_edits(of_data)}")
        if any(result.figures.get("true-edits") for result in of_data):
            parts.append(f"#### Edits with a photographed truth, {data}\n\n{_true_edits(of_data)}")
    return "\n\n".join(parts) + "\n"


def missing_entries(results: Sequence[Result]) -> list[str]:
    """List what has no results yet."""
    done = {result.entry for result in results}
    return [entry.name for entry in all_entries() if entry.name not in done]


def _photos(results: Sequence[Result]) -> str:
    rows = [
        [
            result.method,
            result.time,
            *_cells(result, RECONSTRUCTION),
            _time(result, "photo"),
        ]
        for result in results
        if result.figures.get("reconstruction")
    ]
    titles = [column.title for column in RECONSTRUCTION]
    return table(["method", "encodes by", *titles, "seconds a photo"], rows, labels=2)


def _edits(results: Sequence[Result]) -> str:
    columns = [
        column for column in EDITS if any(result.figures.get(column.task) for result in results)
    ]
    rows = [[result.method, *_cells(result, columns), _time(result, "edit")] for result in results]
    return table(["method", *(column.title for column in columns), "seconds an edit"], rows)


def _true_edits(results: Sequence[Result]) -> str:
    rows = [[result.method, *_cells(result, TRUE_EDITS)] for result in results]
    return table(["method", *(column.title for column in TRUE_EDITS)], rows)


def _cells(result: Result, columns: Sequence[Column]) -> list[str]:
    """Format the figures of a row; a task that was left out gives its reason."""
    return [_cell(result, column) for column in columns]


def _cell(result: Result, column: Column) -> str:
    keys = [key.format(result.method) for key in column.keys]
    found = result.figure(column.task, *keys)
    return result.left_out.get(column.task, MISSING) if found is None else show(found)


def _time(result: Result, step: str) -> str:
    return show_number(result.seconds[step]) if step in result.seconds else MISSING
