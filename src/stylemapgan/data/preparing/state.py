"""What a folder of prepared pictures remembers, so that a killed run goes on and none mixes."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stylemapgan.data.preparing.chunks import chunk_count, chunk_path
from stylemapgan.data.preparing.config import PrepareConfig
from stylemapgan.data.sources import AbstractSource, FolderSource
from stylemapgan.errors import DataError
from stylemapgan.images.atomic import write_text

FORMAT = 2
"""Goes up when pictures are prepared differently, so that two ways do not mix."""
UNFINISHED = ".prepare"
"""Folder inside the output for work in progress; gone at the end."""
BEGUN = "begun.json"
FINISHED = "prepared.json"
"""Says that everything is there, and how it was made."""

Marks = dict[str, Any]
"""Everything that the output depends on."""


def marks(source: AbstractSource, settings: PrepareConfig) -> Marks:
    """Write down everything that the output depends on."""
    labels = settings.labels
    try:
        table = None if labels is None else hashlib.sha256(labels.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"The labels {labels} cannot be read: {error.strerror}.") from None
    return {
        **asdict(settings),
        "labels": table,
        "pictures": _digest(source),
        "format version": FORMAT,
    }


class State:
    """The folder that pictures are prepared into, and what of it is done.

    Args:
        out: New, empty, or of an earlier run with the same marks.
        marks: Everything that the output depends on.

    Raises:
        DataError: There is something else, or another process is at work there.
    """

    def __init__(self, out: Path, marks: Marks) -> None:
        self.out = out
        self.marks = marks
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
        """Read the summary of a run that was finished, if all that it made is still there."""
        memory = self.out / FINISHED
        summary = _read(memory)["summary"] if memory.is_file() else None
        if summary is None or not all((self.out / name).exists() for name in summary["outputs"]):
            return None
        shutil.rmtree(self.folder, ignore_errors=True)  # in case it was killed just before this
        return summary

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Keep other processes away while the block works."""
        self.chunks.mkdir(parents=True, exist_ok=True)
        with _locked(self.folder / "lock", self.out):
            if not (self.folder / BEGUN).is_file():
                _write(self.folder / BEGUN, {"made from": self.marks})
            yield

    def missing_chunks(self, pictures: int) -> list[int]:
        """List the chunks that are still to be made."""
        numbers = range(chunk_count(pictures))
        return [number for number in numbers if not chunk_path(self.chunks, number).is_file()]

    def empty_staging(self) -> Path:
        """Make the folder where the output is put together, in place of an earlier attempt's."""
        shutil.rmtree(self.staging, ignore_errors=True)
        self.staging.mkdir()
        return self.staging

    def publish(self, summary: Mapping[str, Any]) -> None:
        """Move everything from the staging folder to its place; forget the work in progress."""
        for path in sorted(self.staging.iterdir()):
            target = self.out / path.name
            if target.is_dir():
                shutil.rmtree(target)
            path.replace(target)
        _write(self.folder / FINISHED, {"made from": self.marks, "summary": summary})
        (self.folder / FINISHED).replace(self.out / FINISHED)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _compare(self, before: Marks) -> None:
        differing = [name for name in self.marks if before.get(name) != self.marks[name]]
        if not differing:
            return
        changes = ", ".join(_change(name, before.get(name), self.marks[name]) for name in differing)
        raise DataError(
            f"{self.out} was prepared from other pictures or settings: {changes}. Give a new "
            "folder, or delete this one."
        )


def refuse_inside(source: AbstractSource, out: Path) -> None:
    """Refuse to prepare into the folder that pictures are read from.

    Raises:
        DataError: The next run would find the prepared pictures there, too.
    """
    if not isinstance(source, FolderSource):
        return
    folder = source.folder.resolve()
    if out.resolve().is_relative_to(folder):
        raise DataError(f"{out} lies inside {source.folder}; give a folder elsewhere.")


def _digest(source: AbstractSource) -> str:
    """Make a text that changes when pictures come, go or change."""
    digest = hashlib.sha256()
    for name, stamp in zip(source.names, _stamps(source), strict=True):
        digest.update(f"{name}\0{stamp}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _stamps(source: AbstractSource) -> list[str]:
    """Tell pictures apart by length and time, for reading them all takes as long as the work."""
    if isinstance(source, FolderSource):
        return [_stamp(source.folder / name) for name in source.names]
    return source.fingerprints(Path())


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "unreadable"
    return f"{status.st_size} {status.st_mtime_ns}"


def _change(name: str, before: Any, now: Any) -> str:
    if name in ("pictures", "labels"):
        return f"other {name}"
    return f"{name} {before} (now {now})"


def _read(path: Path) -> dict[str, Any]:
    try:
        memory = json.loads(path.read_text(encoding="utf-8"))
        memory["made from"]["size"]  # any JSON file may lie here
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is damaged ({error}); delete the folder, or give a new one."
        ) from None
    return memory


def _write(path: Path, memory: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(memory, indent=1))


@contextmanager
def _locked(path: Path, out: Path) -> Iterator[None]:
    """Hold a lock that the system lets go when this process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(f"Another process is preparing pictures into {out}.") from None
        yield
