"""The results of a measured method, as one JSON file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figures, from_plain, to_plain
from benchmarks.rivals.entries import all_entries
from stylemapgan.errors import DataError
from stylemapgan.images.atomic import replacing
from stylemapgan.metrics.intervals import Estimate

FORMAT = 1
"""Changes when the file's fields do."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A row of the tables, with the training and evaluation behind it."""

    entry: str
    data: str
    method: str
    about: str
    time: str
    """Whether photos are encoded in one pass or by optimisation."""
    cell: str
    """The training run behind it."""
    seed: int
    training: Mapping[str, Any]
    """Budget, images seen, and what each start took, and where."""
    evaluation: Mapping[str, Any]
    """Settings, limits of optimisations, and machine."""
    seconds: Mapping[str, float]
    """Processor time of a photo's reconstruction and, where it edits by mask, of an edit."""
    left_out: Mapping[str, str]
    """Task → why it was not measured."""
    figures: Figures

    def figure(self, task: str, *keys: str) -> Estimate | None:
        """Look up a figure, under the first key that there is; None if it was not measured."""
        found = self.figures.get(task, {})
        return next((found[key] for key in keys if key in found), None)


def write_result(path: Path, result: Result) -> None:
    """Write a result."""
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
    """Read all results of a folder, in the order of the tables.

    Raises:
        DataError: The folder holds no results, or one is damaged.
    """
    paths = [folder / f"{entry.name}.json" for entry in all_entries()]
    found = [read_result(path) for path in paths if path.exists()]
    if not found:
        raise DataError(f"{folder} holds no results: train and measure first.")
    return found
