"""One task after another; what is finished stays, whatever happens then."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.machine import describe_machine
from stylemapgan.evaluation.records import (
    EvaluationRecord,
    Subject,
    TaskRecord,
    is_done,
    read_evaluation,
    read_task,
    write_head,
    write_task,
)
from stylemapgan.evaluation.tasks.abstract import AbstractTask
from stylemapgan.machine.tf32 import full_float32

OnTask = Callable[[AbstractTask, TaskRecord | None], None]
"""Told of a task that begins (no record yet) and of one that is finished."""


def _silent(task: AbstractTask, record: TaskRecord | None) -> None:
    """Tell nobody."""


def evaluate(
    context: EvaluationContext,
    tasks: Sequence[AbstractTask],
    folder: Path,
    subject: Subject,
    on_task: OnTask = _silent,
) -> EvaluationRecord:
    """Measure a model; tasks that the folder holds already are not done again.

    Args:
        context: The model, the data, what judges.
        tasks: In the order they are done; those the data cannot answer are left out, with reason.
        folder: New, or of the same evaluation, stopped earlier.
        subject: Says what is measured; must tell apart what would give other figures.
        on_task: Told of each task that begins or is done.

    Raises:
        DataError: The folder holds another evaluation, or the data is damaged.
    """
    obstacles = {task.name: task.obstacle(context) for task in tasks}
    left_out = {name: reason for name, reason in obstacles.items() if reason is not None}
    write_head(folder, subject, describe_machine(context.editor, context.device), left_out)
    for task in tasks:
        if task.name in left_out:
            continue
        if is_done(folder, task.name):
            on_task(task, read_task(folder, task.name))
            continue
        on_task(task, None)
        start = time.perf_counter()
        with full_float32():
            findings = task.measure(context)
        record = TaskRecord(
            task=task.name,
            title=task.title,
            about=task.about,
            findings=findings,
            seconds=time.perf_counter() - start,
        )
        on_task(task, write_task(folder, record))
    return read_evaluation(folder, [task.name for task in tasks])
