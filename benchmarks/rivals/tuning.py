"""Tuning, the same for every method: three learning rates, each for a tenth of the training.

Trials are judged by reconstructions of photos that they trained on. A tenth of the training shows
hardly any photo twice, and photos of the test are left for the test.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.markdown import MISSING, show_number, table
from benchmarks.rivals.budgets import Budget, configure
from benchmarks.rivals.cells import Cell, MethodName
from benchmarks.rivals.entries import Entry
from benchmarks.rivals.training import newest_snapshot, read_starts
from stylemapgan.config import RunConfig
from stylemapgan.data import open_folder, spread_rows
from stylemapgan.data.label_maps import map_file, middle_square, read_part_map
from stylemapgan.errors import DataError
from stylemapgan.evaluation.data import TRAINING
from stylemapgan.images.atomic import replacing
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.abstract import AbstractMethod, Latent
from stylemapgan.types import Images

FACTORS = (0.5, 1.0, 2.0)
"""What a method's learning rates are multiplied by in its trials."""
SHARE = 10
"""A trial sees one image where the training sees this many."""
PHOTOS = 64
"""Photos whose reconstructions judge a trial."""
JUDGED: Mapping[MethodName, str] = {"stylemapgan": "w-plus", "backbone": "editing-in-style"}
"""Trained method → the method that reconstructs; the same name if it is not listed."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A short training run."""

    method: MethodName
    factor: float

    @property
    def cell(self) -> Cell:
        """The training run that it shortens."""
        return Cell(data="faces-64", method=self.method)

    @property
    def name(self) -> str:
        """Name of its folder and of its result."""
        return f"{self.cell.data}-{self.method}-rate-{self.factor:g}"


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of a trial."""

    method: str
    data: str
    factor: float
    images: int
    """Images that the trial trained on."""
    mse: float
    """Mean squared error of reconstructions, on [-1, 1]."""


def all_trials(methods: Sequence[MethodName] = ()) -> list[Trial]:
    """List the trials of some methods; of all by default."""
    chosen = methods or get_args(MethodName)
    return [Trial(method=method, factor=factor) for method in chosen for factor in FACTORS]


def configure_trial(trial: Trial, budget: Budget, folder: Path) -> RunConfig:
    """Configure the run of a trial.

    Args:
        trial: Which one.
        budget: Of the whole training.
        folder: Folder with its data: train/, val/.
    """
    images = {method: count // SHARE for method, count in budget.images.items()}
    config = configure(trial.cell, dataclasses.replace(budget, images=images), folder)
    training = dataclasses.replace(config.training, learning_rate_factor=trial.factor)
    return dataclasses.replace(config, training=training)


def result_of(trial: Trial, output: Path) -> Path:
    """Return where the result of a trial is written.

    Args:
        trial: Which one.
        output: Folder of all runs.
    """
    return output / "results" / "tuning" / f"{trial.name}.json"


def conclude(trial: Trial, budget: Budget, data: Path, output: Path) -> None:
    """Judge a trial that is trained, and write its result.

    Args:
        trial: Which one.
        budget: Of the whole training.
        data: Folder of all data sets.
        output: Folder of all runs.
    """
    folder, run = data / trial.cell.data, output / trial.name
    config = configure_trial(trial, budget, folder)
    entry = Entry(cell=trial.cell, method=JUDGED.get(trial.method, trial.method))
    method = entry.open(newest_snapshot(run), budget.limits)
    tried = Tried(
        method=trial.method,
        data=trial.cell.data,
        factor=trial.factor,
        images=config.training.images,
        mse=judge(method, folder, budget.image_size),
    )
    values = {**asdict(tried), "starts": read_starts(run), "machine": asdict(describe_machine())}
    result = result_of(trial, output)
    result.parent.mkdir(parents=True, exist_ok=True)
    with replacing(result) as unfinished:
        unfinished.write_text(json.dumps(values, indent=1) + "\n", "utf-8")


def judge(method: AbstractMethod, folder: Path, size: int) -> float:
    """Measure the mean squared error of reconstructions of training photos, on [-1, 1]."""
    photos = open_folder(folder / TRAINING, size)
    rows = spread_rows(len(photos), min(PHOTOS, len(photos)))
    pictures = photos.take(rows)
    names = [photos.names[row] for row in rows]
    shown = to_numpy(method.decode(_encode(method, pictures, folder, names)))
    return float(np.square(np.clip(shown, -1, 1) - pictures).mean())


def read_tried(folder: Path) -> list[Tried]:
    """Read what came of all trials that are done, in their order.

    Raises:
        DataError: A file is damaged.
    """
    fields = [field.name for field in dataclasses.fields(Tried)]
    found = []
    for trial in all_trials():
        path = folder / f"{trial.name}.json"
        if path.exists():
            try:
                values = json.loads(path.read_text("utf-8"))
                found.append(Tried(**{name: values[name] for name in fields}))
            except (KeyError, TypeError, ValueError) as error:
                raise DataError(f"{path} is damaged ({error}): delete it and try again.") from None
    return found


def tuning_to_markdown(tried: Sequence[Tried]) -> str:
    """Write a table of the trials: a row for each method, a column for each learning rate."""
    found = {(each.method, each.data, each.factor): each.mse for each in tried}
    rows = []
    for method, data in dict.fromkeys((method, data) for method, data, _ in found):
        errors = [found.get((method, data, factor)) for factor in FACTORS]
        shown = [MISSING if error is None else show_number(error) for error in errors]
        rows.append([method, data, *shown])
    heads = ["method", "data", *(f"rate x{factor:g}" for factor in FACTORS)]
    return f"#### Learning rates tried\n\n{table(heads, rows, labels=2)}\n"


def _encode(method: AbstractMethod, pictures: Images, folder: Path, names: Sequence[str]) -> Latent:
    """Encode training photos, with their maps if the method needs them."""
    if not method.capabilities.needs_label_map:
        return method.encode(pictures)
    size = pictures.shape[-1]
    maps = [read_part_map(map_file(folder, TRAINING, name)) for name in names]
    return method.encode(pictures, np.stack([middle_square(each, size) for each in maps]))
