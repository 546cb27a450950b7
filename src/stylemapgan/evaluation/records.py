"""Findings on disk, in a folder from which a stopped evaluation continues.

evaluation.json            what is measured, on which data, with which settings
tasks/NAME.json            figures of a task; written last, so its existence means the task is done
tasks/NAME.csv             what each picture contributes to them
pictures/NAME-SHEET.png    pictures of the task

Every file is written atomically.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stylemapgan import images
from stylemapgan.config import from_dict, to_dict
from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.errors import ConfigError, DataError
from stylemapgan.evaluation.findings import (
    Findings,
    Sheet,
    chart_from_plain,
    damaged,
    figure_from_plain,
    figure_to_plain,
    read_rows,
    to_plain,
    write_rows,
)
from stylemapgan.images.atomic import write_text

FORMAT = "stylemapgan-evaluation-1"
"""Written into every folder; a change that older versions cannot read gets the next number."""
HEAD = "evaluation.json"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What an evaluation measures, on what, and how: all that its figures depend on."""

    model: Mapping[str, str]
    """Its `name`, and facts that tell it from others."""
    data: Mapping[str, str]
    """Its `name`, and facts that tell it from others."""
    networks: Mapping[str, str]
    """Networks that measure pictures, by their role."""
    config: EvaluationConfig = field(default_factory=EvaluationConfig)
    methods: tuple[str, ...] = ()
    """Names of the methods measured; empty in records of versions that did not choose."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TaskRecord:
    """A finished task."""

    task: str
    title: str
    about: str
    findings: Findings
    seconds: float


@dataclass(frozen=True, kw_only=True, eq=False)
class EvaluationRecord:
    """An evaluation, as far as it is done."""

    subject: Subject
    machine: Mapping[str, str]
    """What it was computed on, and when it began."""
    tasks: tuple[TaskRecord, ...]
    """Finished ones, in the order they are listed."""
    left_out: Mapping[str, str]
    """Task → why it was not done."""


def write_head(
    folder: Path, subject: Subject, machine: Mapping[str, str], left_out: Mapping[str, str]
) -> None:
    """Write down what the folder will hold, before anything is measured.

    Raises:
        DataError: It holds another evaluation.
    """
    known = {"format": FORMAT, "subject": to_plain(to_dict(subject))}
    if (folder / HEAD).exists():
        found = _read_json(folder / HEAD)
        if any(found.get(name) != value for name, value in known.items()):
            differing = ", ".join(_differences(found.get("subject", {}), known["subject"]))
            raise DataError(
                f"{folder} holds another evaluation ({differing} differ): choose a new folder."
            )
        machine = found.get("machine", machine)
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / HEAD, known | {"machine": dict(machine), "left_out": dict(left_out)})


def write_task(folder: Path, record: TaskRecord) -> TaskRecord:
    """Write what a task found; its pictures become files."""
    findings = record.findings
    sheets = [_write_sheet(folder / "pictures", record.task, each) for each in findings.sheets]
    (folder / "tasks").mkdir(exist_ok=True)
    write_rows(folder / "tasks" / f"{record.task}.csv", findings.figures)
    values = {
        "task": record.task,
        "title": record.title,
        "about": record.about,
        "seconds": round(float(record.seconds), 3),
        "figures": [figure_to_plain(figure) for figure in findings.figures],
        "sheets": [
            {"name": sheet.name, "file": sheet.images.name, "caption": sheet.caption}
            for sheet in sheets
            if isinstance(sheet.images, Path)
        ],
        "charts": [asdict(chart) for chart in findings.charts],
        "notes": list(findings.notes),
        "settings": dict(findings.settings),
        "left_out": dict(findings.left_out),
    }
    _write_json(folder / "tasks" / f"{record.task}.json", to_plain(values))
    return read_task(folder, record.task)


def read_task(folder: Path, name: str) -> TaskRecord:
    """Read what a task found.

    Raises:
        DataError: It is not finished, or damaged.
    """
    values = _read_json(folder / "tasks" / f"{name}.json")
    shares = read_rows(folder / "tasks" / f"{name}.csv")
    try:
        findings = Findings(
            figures=tuple(figure_from_plain(each, shares) for each in values["figures"]),
            sheets=tuple(
                Sheet(each["name"], folder / "pictures" / each["file"], each["caption"])
                for each in values["sheets"]
            ),
            charts=tuple(chart_from_plain(each) for each in values["charts"]),
            notes=tuple(values["notes"]),
            settings=values["settings"],
            left_out=values.get("left_out", {}),
        )
        return TaskRecord(
            task=values["task"],
            title=values["title"],
            about=values["about"],
            findings=findings,
            seconds=float(values["seconds"]),
        )
    except (KeyError, TypeError) as error:
        raise damaged(folder / "tasks" / f"{name}.json", error) from None


def is_done(folder: Path, name: str) -> bool:
    """Tell whether a task is finished."""
    return (folder / "tasks" / f"{name}.json").is_file()


def read_evaluation(folder: Path, order: Sequence[str] = ()) -> EvaluationRecord:
    """Read an evaluation, as far as it is done.

    Args:
        folder: Which `evaluate` wrote.
        order: Names of tasks; those listed come first, in this order, all others by name.

    Raises:
        DataError: It is not an evaluation, or it is damaged.
    """
    head = _read_json(folder / HEAD)
    if head.get("format") != FORMAT:
        raise DataError(
            f"{folder} holds an evaluation of another version of stylemapgan: evaluate again."
        )
    names = {path.stem for path in (folder / "tasks").glob("*.json")}
    listed = [name for name in order if name in names]
    try:
        return EvaluationRecord(
            subject=from_dict(Subject, head["subject"]),
            machine=head["machine"],
            tasks=tuple(read_task(folder, name) for name in [*listed, *sorted(names - {*listed})]),
            left_out=head["left_out"],
        )
    except (KeyError, ConfigError) as error:
        raise damaged(folder / HEAD, error) from None


def _write_sheet(folder: Path, task: str, sheet: Sheet) -> Sheet:
    if isinstance(sheet.images, Path):
        return sheet
    folder.mkdir(exist_ok=True)
    path = folder / f"{task}-{sheet.name}.png"
    images.write(path, sheet.images)
    return Sheet(sheet.name, path, sheet.caption)


def _differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Name what differs, such as `config.seed`."""
    return [
        f"{part}.{name}" if name else part
        for part in other
        for name in _names_of(one.get(part)) | _names_of(other[part])
        if _value(one.get(part), name) != _value(other[part], name)
    ]


def _names_of(part: Any) -> dict[str, None]:
    """List the settings of a part, in their order; a part without any is one itself."""
    return dict.fromkeys(part if isinstance(part, Mapping) else [""])


def _value(part: Any, name: str) -> Any:
    return part.get(name) if isinstance(part, Mapping) else part


def _write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"There is no {path}: {path.parent} holds no evaluation.") from error
    except ValueError as error:
        raise damaged(path, error) from None
