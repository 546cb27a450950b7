"""Which evaluations can be compared, and which of their figures can have a winner."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Literal

from stylemapgan.checkpoints.file import SUFFIX
from stylemapgan.errors import DataError
from stylemapgan.evaluation.findings import Figure
from stylemapgan.evaluation.records import EvaluationRecord, Subject, TaskRecord

IMAGE_SIZE, FINGERPRINT = "image size", "sha256"
"""Keys of facts about a model, and about data resized for it."""
IGNORED = {"batch", "runs"}
"""Settings that do not change the meaning of figures."""
TIMED = "runtime"
"""The task whose figures depend on the machine, not on the pictures."""
HARDWARE = ("device", "cores", "threads")

Kind = Literal["times", "pictures"]
"""What a figure measures."""


def refuse_different(
    one: tuple[str, EvaluationRecord], other: tuple[str, EvaluationRecord]
) -> None:
    """Refuse a pair whose figures mean different things.

    Args:
        one: A model's name, and its evaluation.
        other: The other's.

    Raises:
        DataError: Data, networks that judge or settings differ.
    """
    (first, ours), (second, theirs) = one, other
    pair = f"{first} and {second} cannot be compared"
    if not _are_on_the_same_photos(ours.subject, theirs.subject):
        data = [record.subject.data.get("name", "?") for record in (ours, theirs)]
        raise DataError(
            f"{pair}: they were measured on different photos ({data[0]} and {data[1]}). Evaluate "
            "both on the same photos."
        )
    if ours.subject.networks != theirs.subject.networks:
        named = _differing(ours.subject.networks, theirs.subject.networks)
        raise DataError(
            f"{pair}: different networks judged them ({named}). Evaluate both with the same."
        )
    settings = [asdict(record.subject.config) for record in (ours, theirs)]
    kept = [{key: value for key, value in each.items() if key not in IGNORED} for each in settings]
    if kept[0] != kept[1]:
        named = _differing(kept[0], kept[1])
        raise DataError(f"{pair}: their settings differ ({named}). Evaluate both with the same.")


def of_method(record: EvaluationRecord, method: str) -> EvaluationRecord:
    """Take the figures of one method, under names that all methods share.

    Figures of the data alone stay in tasks that measured the method. Main figures are those whose
    counterpart of another method is one.

    Args:
        record: An evaluation of several methods, or of this one.
        method: Its name, as in reports.

    Raises:
        DataError: The evaluation has no figures of it.
    """
    name = record.subject.model.get("name", "model").removesuffix(SUFFIX)
    if not any(method in each.methods for task in record.tasks for each in task.findings.figures):
        raise DataError(
            f"The evaluation of {name} has no figures of the method {method}: evaluate again, with "
            "that method."
        )
    subject = replace(
        record.subject,
        model={**record.subject.model, "name": f"{name}:{method.replace(' ', '-')}"},
        methods=(method,),
    )
    tasks = tuple(
        replace(task, findings=replace(task.findings, figures=_of_method(task, method)))
        for task in record.tasks
    )
    return replace(record, subject=subject, tasks=tasks)


def _of_method(task: TaskRecord, method: str) -> tuple[Figure, ...]:
    figures = task.findings.figures
    if not any(method in each.methods for each in figures):
        return ()  # the task left the method out; figures of the data alone say nothing about it
    main = {(each.name, each.aspect) for each in figures if each.is_main}
    return tuple(
        replace(each, variant=each.aspect, is_main=(each.name, each.aspect) in main)
        for each in figures
        if method in each.methods or not each.methods
    )


def _are_on_the_same_photos(one: Subject, other: Subject) -> bool:
    """Compare pixels, or names and counts where models take pictures of different sizes."""
    have_one_size = one.model.get(IMAGE_SIZE) == other.model.get(IMAGE_SIZE)
    if have_one_size:
        return one.data.get(FINGERPRINT) == other.data.get(FINGERPRINT)
    facts = [
        {name: value for name, value in subject.data.items() if name != FINGERPRINT}
        for subject in (one, other)
    ]
    return facts[0] == facts[1]


def _differing(one: Mapping[str, object], other: Mapping[str, object]) -> str:
    """Name what differs, such as `seed: 0 and 1`."""
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return ", ".join(
        f"{name}: {one.get(name, 'nothing')} and {other.get(name, 'nothing')}" for name in names
    )


def kind_of(task: TaskRecord) -> Kind:
    """Say what the figures of a task measure."""
    return "times" if task.task == TIMED else "pictures"


def cautions(records: Sequence[EvaluationRecord]) -> list[str]:
    """Say what differs between evaluations without keeping a figure from having a winner."""
    found = [record.subject.model.get("precision", "32-true") for record in records]
    precisions = list(dict.fromkeys(found))
    if len(precisions) < 2:
        return []
    return [
        f"The models computed in different precisions ({', '.join(precisions)}), which may cause "
        "small differences. To rule that out, measure all of them with --precision 32-true."
    ]


def reasons_for_no_winner(records: Sequence[EvaluationRecord]) -> dict[Kind, str]:
    """Say for which kind of figure there can be no winner, and why."""
    remarks: dict[Kind, str] = {}
    sizes = list(dict.fromkeys(record.subject.model.get(IMAGE_SIZE, "") for record in records))
    if len(sizes) > 1:
        remarks["pictures"] = (
            f"The models make pictures of different sizes ({', '.join(sizes)}), and each is "
            "measured against photos of its own size: winners are named for times only."
        )
    machines = {tuple(record.machine.get(name, "") for name in HARDWARE) for record in records}
    if len(machines) > 1:
        remarks["times"] = (
            "The models ran on different machines, or with different numbers of threads: no winner "
            "is named for times."
        )
    return remarks
