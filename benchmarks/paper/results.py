"""The results of a trained and measured cell, as one JSON file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figures, figures_of, from_plain, to_plain
from benchmarks.paper.variants import Cell, all_cells
from stylemapgan.errors import DataError
from stylemapgan.evaluation.records import EvaluationRecord
from stylemapgan.images.atomic import replacing
from stylemapgan.metrics.intervals import Estimate

FORMAT = 1
"""Changes when the file's fields do."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A cell's figures, with the training and evaluation behind them."""

    cell: str
    data: str
    stylemap_size: int
    variant: str
    meaning: str
    parameters: int
    """Number of parameters of generator and encoder."""
    training: dict[str, Any]
    """Budget and machine."""
    evaluation: dict[str, Any]
    """Configuration and machine of the evaluation."""
    figures: Figures

    def figure(self, task: str, key: str) -> Estimate | None:
        """Look up a figure; None if it was not measured."""
        return self.figures.get(task, {}).get(key)


def make_result(
    cell: Cell, parameters: int, training: dict[str, Any], record: EvaluationRecord
) -> Result:
    """Collect the results of a cell."""
    return Result(
        cell=cell.name,
        data=cell.data,
        stylemap_size=cell.stylemap_size,
        variant=cell.variant.name,
        meaning=cell.variant.meaning,
        parameters=parameters,
        training=training,
        evaluation=asdict(record.subject.config) | {"machine": dict(record.machine)},
        figures=figures_of(record),
    )


def write_result(path: Path, result: Result) -> None:
    """Write a result; figures without an interval have null for its ends."""
    values = {"format": FORMAT, **asdict(result), "figures": to_plain(result.figures)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", "utf-8")


def read_result(path: Path) -> Result:
    """Read what `write_result` wrote.

    Raises:
        DataError: The file is damaged, or of another version.
    """
    try:
        values = json.loads(path.read_text("utf-8"))
        if values.pop("format") != FORMAT:
            raise DataError(f"{path} was written by another version: measure again.")
        return Result(**values | {"figures": from_plain(values["figures"])})
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is damaged ({error}): delete it and measure again.") from None


def read_results(folder: Path) -> list[Result]:
    """Read all results of a folder, in the order in which cells are trained.

    Raises:
        DataError: The folder holds no results, or one is damaged.
    """
    paths = [folder / f"{cell.name}.json" for cell in all_cells()]
    found = [read_result(path) for path in paths if path.exists()]
    if not found:
        raise DataError(f"{folder} holds no results: train and measure first.")
    return found
