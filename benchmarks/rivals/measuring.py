"""Measure trained methods with the tasks of `stylemapgan evaluate`, and keep what sheets show."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.figures import figures_of
from benchmarks.rivals.budgets import Budget
from benchmarks.rivals.demonstrations import (
    SHOWN,
    Demonstrations,
    draw,
    given,
    read_demonstrations,
)
from benchmarks.rivals.entries import Entry, first_entries
from benchmarks.rivals.results import Result, write_result
from benchmarks.rivals.timing import time_method
from benchmarks.rivals.training import newest_snapshot, read_starts
from stylemapgan import images
from stylemapgan.evaluation.context import EvaluationContext, OnProgress
from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.records import EvaluationRecord, Subject
from stylemapgan.evaluation.run import evaluate
from stylemapgan.evaluation.setup import Judges
from stylemapgan.evaluation.tasks.task_registry import choose_tasks
from stylemapgan.methods.abstract import AbstractMethod

TASKS = (
    "reconstruction",
    "generation",
    "interpolation",
    "local-editing",
    "swap",
    "true-edits",
    "detectability",
)
"""Those that the data does not support, or the method cannot do, are left out with a reason."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where everything is, and how much is measured."""

    output: Path
    """Folder of all runs; results and pictures go to results/ there."""
    data: Path
    """Folder of all data sets."""
    budget: Budget
    judges: Judges
    """Networks that judge."""


def measure_entry(bench: Bench, entry: Entry, on_progress: OnProgress) -> Result:
    """Measure one method; tasks finished before an interruption are not repeated."""
    output, budget, judges = bench.output, bench.budget, bench.judges
    folder = bench.data / entry.cell.data
    run = output / entry.cell.name
    weights = newest_snapshot(run)
    method = entry.open(weights, budget.limits)
    data = open_test_data(folder, budget.image_size, budget.evaluation.photos)
    shown = read_demonstrations(entry.cell.data, folder, budget.image_size)
    seconds = time_method(method, shown)
    results = output / "results"
    results.mkdir(exist_ok=True)
    if entry in first_entries() and entry.cell.data in SHOWN:
        _write_strips(results, entry, method, shown)
    context = EvaluationContext(
        methods=(method,),
        data=data,
        features=judges.features,
        distances=judges.distances,
        config=budget.evaluation,
        on_progress=on_progress,
    )
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    subject = Subject(
        model={"name": entry.name, "sha256": digest, "limits": str(asdict(budget.limits))},
        data={"name": entry.cell.data, "photos": str(len(data))},
        networks=judges.names,
        config=budget.evaluation,
        methods=(method.name,),
    )
    record = evaluate(context, choose_tasks(TASKS), output / "measured" / entry.name, subject)
    result = Result(
        entry=entry.name,
        data=entry.cell.data,
        method=method.name,
        about=method.about,
        time=method.capabilities.time,
        cell=entry.cell.name,
        seed=entry.cell.seed,
        training={
            "images": budget.images[entry.cell.method],
            "parameter_bytes": method.parameter_bytes,
            "starts": read_starts(run),
        },
        evaluation={
            **asdict(budget.evaluation),
            "limits": asdict(budget.limits),
            "machine": dict(record.machine),
        },
        seconds=seconds,
        left_out=_left_out(context, record, method),
        figures=figures_of(record),
    )
    write_result(results / f"{entry.name}.json", result)
    return result


def _write_strips(
    results: Path, entry: Entry, method: AbstractMethod, shown: Demonstrations
) -> None:
    """Write what the sheets show of a method, and what it was given."""
    for name, strip in given(shown).items():
        images.write(results / f"{entry.cell.data}-{name}.webp", strip)
    for name, strip in draw(method, shown).items():
        images.write(results / f"{entry.name}-{name}.webp", strip)


def _left_out(
    context: EvaluationContext, record: EvaluationRecord, method: AbstractMethod
) -> dict[str, str]:
    """Say why tasks are missing: the data does not support them, or the method cannot do them."""
    found = dict(record.left_out)
    for task in choose_tasks(TASKS):
        reasons = task.methods_left_out(context)
        if method.name in reasons:
            found[task.name] = reasons[method.name]
    return found
