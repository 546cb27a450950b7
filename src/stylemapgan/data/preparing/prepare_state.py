"""State of an output folder: what is finished, and from which pictures and configuration."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stylemapgan.data.folder_lock import locked
from stylemapgan.data.preparing.chunks import chunk_count, chunk_path
from stylemapgan.data.preparing.prepare_config import PrepareConfig
from stylemapgan.data.sources import AbstractSource
from stylemapgan.data.sources.stamps import digest_of_pictures, refuse_inside
from stylemapgan.errors import DataError
from stylemapgan.images.atomic import write_text

FORMAT = 2
"""Version of the preparation; outputs of different versions are not mixed."""
UNFINISHED = ".prepare"
"""Folder inside the output for unfinished work; removed at the end."""
BEGUN = "begun.json"
FINISHED = "prepared.json"
"""Says that everything is finished, and how it was made."""

Inputs = dict[str, Any]
"""Everything that the output depends on."""


def open_state(out: Path, source: AbstractSource, config: PrepareConfig) -> "PrepareState":
    """Open the state of an output folder.

    Raises:
        DataError: The folder lies inside the source, or holds something else.
    """
    refuse_inside(source, out)
    return PrepareState(out, _inputs_of(source, config))


def _inputs_of(source: AbstractSource, config: PrepareConfig) -> Inputs:
    """Describe everything that the output depends on."""
    labels = config.labels
    try:
        table = None if labels is None else hashlib.sha256(labels.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"The labels {labels} cannot be read: {error.strerror}.") from None
    return {
        **asdict(config),
        "labels": table,
        "pictures": digest_of_pictures(source),
        "format version": FORMAT,
    }


class PrepareState:
    """The output folder, and which of its work is done.

    Args:
        out: New, empty, or of an earlier run with the same inputs.
        inputs: Everything that the output depends on.

    Raises:
        DataError: The folder holds something else.
    """

    def __init__(self, out: Path, inputs: Inputs) -> None:
        self.out = out
        self.inputs = inputs
        self.folder = out / UNFINISHED
        self.chunks = self.folder / "chunks"
        self.staging = self.folder / "staging"
        if out.exists() and not out.is_dir():
            raise DataError(f"{out} is a file; give a folder for the prepared pictures.")
        for memory in (out / FINISHED, self.folder / BEGUN):
            if memory.is_file():
                self._compare(_read(memory)["made from"])
                return
        if out.exists() and any(path.name != UNFINISHED for path in out.iterdir()):
            raise DataError(f"{out} is not empty; give a new folder for the prepared pictures.")

    def finished(self) -> dict[str, Any] | None:
        """Read the summary of a finished run, if all of its output still exists."""
        memory = self.out / FINISHED
        summary = _read(memory)["summary"] if memory.is_file() else None
        if summary is None or not all((self.out / name).exists() for name in summary["outputs"]):
            return None
        shutil.rmtree(
            self.folder, ignore_errors=True
        )  # the run may have been killed just before this
        return summary

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Keep other processes out while the block runs.

        Raises:
            DataError: Another process is preparing pictures in this folder.
        """
        self.chunks.mkdir(parents=True, exist_ok=True)
        with locked(
            self.folder / "lock", f"Another process is preparing pictures into {self.out}."
        ):
            if not (self.folder / BEGUN).is_file():
                _write(self.folder / BEGUN, {"made from": self.inputs})
            yield

    def missing_chunks(self, pictures: int) -> list[int]:
        """List the numbers of chunks that are not made yet."""
        numbers = range(chunk_count(pictures))
        return [number for number in numbers if not chunk_path(self.chunks, number).is_file()]

    def empty_staging(self) -> Path:
        """Make an empty folder where the output is put together."""
        shutil.rmtree(self.staging, ignore_errors=True)
        self.staging.mkdir()
        return self.staging

    def publish(self, summary: Mapping[str, Any]) -> None:
        """Move everything from the staging folder to the output; remove unfinished work."""
        for path in sorted(self.staging.iterdir()):
            target = self.out / path.name
            if target.is_dir():
                shutil.rmtree(target)
            path.replace(target)
        _write(self.folder / FINISHED, {"made from": self.inputs, "summary": summary})
        (self.folder / FINISHED).replace(self.out / FINISHED)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _compare(self, before: Inputs) -> None:
        differing = [name for name in self.inputs if before.get(name) != self.inputs[name]]
        if not differing:
            return
        changes = ", ".join(
            _change(name, before.get(name), self.inputs[name]) for name in differing
        )
        raise DataError(
            f"{self.out} was prepared from other pictures or options: {changes}. Give a new "
            "folder, or delete this one."
        )


def _change(name: str, before: Any, now: Any) -> str:
    if name in ("pictures", "labels"):
        return f"other {name}"
    return f"{name} {before} (now {now})"


def _read(path: Path) -> dict[str, Any]:
    try:
        memory = json.loads(path.read_text(encoding="utf-8"))
        memory["made from"]["size"]  # may be any JSON file
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is damaged ({error}); delete its folder, or give a new one."
        ) from None
    return memory


def _write(path: Path, memory: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(memory, indent=1))
