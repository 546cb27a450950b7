"""Run one task after another; finished tasks are kept whatever happens next."""

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import torch

from stylemapgan.evaluation.context import EvaluationContext
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
from stylemapgan.machine.precision import processor_name, this_processor
from stylemapgan.machine.tf32 import full_float32
from stylemapgan.version import package_version

OnTask = Callable[[AbstractTask, TaskRecord | None], None]
"""Called with a task that begins (no record yet), and with its record once it is finished."""


def _silent(task: AbstractTask, record: TaskRecord | None) -> None:
    """Ignore progress."""


def evaluate(
    context: EvaluationContext,
    tasks: Sequence[AbstractTask],
    folder: Path,
    subject: Subject,
    on_task: OnTask = _silent,
) -> EvaluationRecord:
    """Measure methods; tasks that the folder holds already are not repeated.

    Args:
        context: Methods, data, and networks that judge.
        tasks: In the order they are done; those that cannot be done are left out, with a reason.
        folder: New, or of the same evaluation, stopped earlier.
        subject: Says what is measured; must differ wherever figures would differ.
        on_task: Called with each task that begins or is finished.

    Raises:
        DataError: The folder holds another evaluation, or the data is damaged.
    """
    reasons = {task.name: task.reason_to_leave_out(context) for task in tasks}
    left_out = {name: reason for name, reason in reasons.items() if reason is not None}
    write_head(folder, subject, describe_machine(context), left_out)
    for task in tasks:
        if task.name in left_out:
            continue
        if is_done(folder, task.name):
            on_task(task, read_task(folder, task.name))
            continue
        on_task(task, None)
        on_task(task, write_task(folder, _measure(task, context)))
    return read_evaluation(folder, [task.name for task in tasks])


def describe_machine(context: EvaluationContext) -> dict[str, str]:
    """Name hardware and software in a few words each, and the time."""
    device = torch.device(context.device)
    is_cuda = device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(device) if is_cuda else processor_name(),
        "capability": this_processor().kind,
        "threads": str(torch.get_num_threads()),
        "cores": str(os.cpu_count()),
        "engine": context.main.runs_on["engine"],
        "stylemapgan": package_version(),
        "PyTorch": torch.__version__,
        "Python": platform.python_version(),
        "begun": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _measure(task: AbstractTask, context: EvaluationContext) -> TaskRecord:
    start = time.perf_counter()
    with full_float32():
        findings = task.measure(context)
    left_out = {**task.methods_left_out(context), **findings.left_out}
    return TaskRecord(
        task=task.name,
        title=task.title,
        about=task.about,
        findings=replace(findings, left_out=left_out),
        seconds=time.perf_counter() - start,
    )
