"""Which evaluations can be compared, and which of their figures can have a winner."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Literal

from stylemapgan.errors import DataError
from stylemapgan.evaluation.records import EvaluationRecord, Subject, TaskRecord

IMAGE_SIZE, FINGERPRINT = "image size", "sha256"
"""Facts of a model, and of data as cut to the model's size."""
OF_NO_MATTER = {"batch", "runs"}
"""Settings that do not change what figures mean."""
TIMED = "runtime"
"""The task whose figures depend on the machine, and hardly on what pictures show."""
HARDWARE = ("device", "cores", "threads")

Kind = Literal["times", "pictures"]
"""What a figure is of."""


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
            "both on the same."
        )
    if ours.subject.networks != theirs.subject.networks:
        named = _differing(ours.subject.networks, theirs.subject.networks)
        raise DataError(f"{pair}: other networks judged ({named}). Evaluate both with the same.")
    settings = [asdict(record.subject.config) for record in (ours, theirs)]
    kept = [
        {key: value for key, value in each.items() if key not in OF_NO_MATTER} for each in settings
    ]
    if kept[0] != kept[1]:
        named = _differing(kept[0], kept[1])
        raise DataError(f"{pair}: their settings differ ({named}). Evaluate both with the same.")


def _are_on_the_same_photos(one: Subject, other: Subject) -> bool:
    """Tell by the pixels; by names and numbers where models take pictures of different sizes."""
    have_one_size = one.model.get(IMAGE_SIZE) == other.model.get(IMAGE_SIZE)
    if have_one_size:
        return one.data.get(FINGERPRINT) == other.data.get(FINGERPRINT)
    facts = [
        {name: value for name, value in subject.data.items() if name != FINGERPRINT}
        for subject in (one, other)
    ]
    return facts[0] == facts[1]


def _differing(one: Mapping[str, object], other: Mapping[str, object]) -> str:
    """Name what differs: `seed: 0 and 1`."""
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return ", ".join(
        f"{name}: {one.get(name, 'nothing')} and {other.get(name, 'nothing')}" for name in names
    )


def kind_of(task: TaskRecord) -> Kind:
    """Tell what the figures of a task are of."""
    return "times" if task.task == TIMED else "pictures"


def what_to_bear_in_mind(records: Sequence[EvaluationRecord]) -> list[str]:
    """Say what differs between models' evaluations, but still lets a figure have a winner."""
    found = [record.subject.model.get("precision", "32-true") for record in records]
    precisions = list(dict.fromkeys(found))
    if len(precisions) < 2:
        return []
    return [
        f"The models computed in different precisions ({', '.join(precisions)}): small differences "
        "may come of that. Measure all with --precision 32-true to leave it out."
    ]


def why_nobody_wins(records: Sequence[EvaluationRecord]) -> dict[Kind, str]:
    """Say of which kind no figure can have a winner, and why."""
    remarks: dict[Kind, str] = {}
    sizes = list(dict.fromkeys(record.subject.model.get(IMAGE_SIZE, "") for record in records))
    if len(sizes) > 1:
        remarks["pictures"] = (
            f"The models make pictures of different sizes ({', '.join(sizes)}), and each is "
            "measured against photos of its own size: no winner is named, but for times."
        )
    machines = {tuple(record.machine.get(name, "") for name in HARDWARE) for record in records}
    if len(machines) > 1:
        remarks["times"] = (
            "The models ran on different machines, or with different numbers of threads: no winner "
            "is named for times."
        )
    return remarks
