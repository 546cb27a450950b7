"""Measure trained cells with the tasks of `stylemapgan evaluate`."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.paper.budgets import Budget
from benchmarks.paper.pixel_noise import NoisyGenerator
from benchmarks.paper.results import Result, make_result, read_result, write_result
from benchmarks.paper.training import FINISHED, is_finished, newest_snapshot
from benchmarks.paper.variants import Cell
from stylemapgan.checkpoints.networks import Networks, load
from stylemapgan.editing import Editor
from stylemapgan.evaluation.context import EvaluationContext, OnProgress
from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.judges.features import efficientnet_distance, efficientnet_features
from stylemapgan.evaluation.records import Subject
from stylemapgan.evaluation.run import evaluate
from stylemapgan.evaluation.tasks.task_registry import choose_tasks
from stylemapgan.methods.registry import open_methods
from stylemapgan.models import Generator

TASKS = ("reconstruction", "generation", "interpolation", "local-editing", "swap")
"""Tasks that need no further training; those that the data does not support are skipped."""
METHODS = ("w", "w-plus", "copy-pixels", "do-nothing")
"""Methods that the tables compare."""


def measure_cells(
    output: Path,
    cells: Sequence[Cell],
    budget: Budget,
    data: dict[str, Path],
    on_cell: Callable[[str], OnProgress],
) -> list[Result]:
    """Measure every cell that is trained and not measured yet.

    Args:
        output: Folder of all runs.
        cells: Cells to measure.
        budget: Sets how many pictures are measured.
        data: Folder of each data set.
        on_cell: Called when a cell begins; returns a callback for the progress of its tasks.
    """
    results = []
    for cell in cells:
        path = result_path(output, cell)
        if not path.exists() and is_finished(output / "cells" / cell.name):
            result = measure_cell(output, cell, budget, data[cell.data], on_cell(cell.name))
            write_result(path, result)
        if path.exists():
            results.append(read_result(path))
    return results


def result_path(output: Path, cell: Cell) -> Path:
    """Find the file of a cell's results."""
    return output / "results" / f"{cell.name}.json"


def measure_cell(
    output: Path, cell: Cell, budget: Budget, folder: Path, on_progress: OnProgress
) -> Result:
    """Measure one trained cell; tasks finished before an interruption are not repeated."""
    run = output / "cells" / cell.name
    snapshot = newest_snapshot(run)
    networks = load(snapshot, NoisyGenerator if cell.variant.has_pixel_noise else Generator)
    editor = Editor(networks, precision="32-true")
    features, distance = efficientnet_features(), efficientnet_distance()
    context = EvaluationContext(
        methods=open_methods(editor, METHODS),
        data=open_test_data(folder, editor.image_size, budget.evaluation.photos),
        features=features,
        distances=(distance,),
        config=budget.evaluation,
        on_progress=on_progress,
    )
    subject = Subject(
        model={"name": cell.name, "sha256": hashlib.sha256(snapshot.read_bytes()).hexdigest()},
        data={"name": cell.data},
        networks={"features": features.key, "distance": distance.key},
        config=budget.evaluation,
    )
    record = evaluate(context, choose_tasks(TASKS), output / "measured" / cell.name, subject)
    training = json.loads((run / FINISHED).read_text("utf-8"))
    return make_result(cell, _parameters(networks), training, record)


def _parameters(networks: Networks) -> int:
    parts = (networks.generator, networks.encoder)
    return sum(each.numel() for part in parts for each in part.parameters())
