"""The folder of a batch of work: what it was made from, and that only one process fills it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from stylemapgan.data.folder_lock import locked
from stylemapgan.errors import DataError
from stylemapgan.images.atomic import UNFINISHED, storing, write_text

Inputs: TypeAlias = Mapping[str, Any]
"""Everything that the files depend on, as JSON values."""
HASHED = ("edit", "model", "pictures", "clip")
"""Inputs that are hashes, which say nothing to people."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A kind of work that fills a folder."""

    files: str
    """What it makes, such as `edited photos`."""
    made_from: str
    """Name of the file that says what they were made from."""
    lock: str
    """Name of the file that stands for the lock."""
    otherwise: str = "give a new folder"
    """What to do where the folder cannot be used."""


@contextmanager
def batch_folder(out: Path, inputs: Inputs, batch: Batch, *, resume: bool) -> Iterator[None]:
    """Open the folder for the files while the block runs.

    Args:
        out: Missing, empty, or of an earlier call with the same inputs.
        inputs: Everything that the files depend on.
        batch: What kind of files.
        resume: Whether to continue an earlier call's work.

    Raises:
        DataError: The folder holds something else, or another process fills it.
        StorageError: It cannot be created.
    """
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file; give a folder for the {batch.files}.")
    lock, busy = out / batch.lock, f"Another process is writing {batch.files} into {out}."
    with storing(out):
        out.mkdir(parents=True, exist_ok=True)
        with locked(lock, busy):
            try:
                _begin(out, inputs, batch, resume=resume)
                yield
            finally:
                with suppress(OSError):
                    lock.unlink()


def _begin(out: Path, inputs: Inputs, batch: Batch, *, resume: bool) -> None:
    """Accept a folder without files, hidden ones aside, or one to continue in."""
    if any(not path.name.startswith(".") for path in out.iterdir()):
        _refuse_other_inputs(out, inputs, batch, resume=resume)
        _remove_unfinished(out)
    else:
        write_text(out / batch.made_from, json.dumps({"made from": inputs}, indent=1))


def _refuse_other_inputs(out: Path, inputs: Inputs, batch: Batch, *, resume: bool) -> None:
    memory = out / batch.made_from
    if not memory.is_file():
        raise DataError(f"{out} is not empty; give a new folder for the {batch.files}.")
    if not resume:
        raise DataError(f"{out} holds {batch.files}: continue with --resume, or {batch.otherwise}.")
    try:
        before = json.loads(memory.read_text(encoding="utf-8"))["made from"]
        differing = [name for name in inputs if before.get(name) != inputs[name]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{memory} is damaged ({error}); {batch.otherwise}.") from None
    if differing:
        changes = ", ".join(_change(name, before.get(name), inputs[name]) for name in differing)
        raise DataError(
            f"{out} was made from something else, so --resume cannot continue it: {changes}. "
            f"{batch.otherwise.capitalize()}."
        )


def _change(name: str, before: Any, now: Any) -> str:
    return f"other {name}" if name in HASHED else f"{name} {before} (now {now})"


def _remove_unfinished(out: Path) -> None:
    """Remove files that a killed process left unfinished."""
    for path in out.rglob(f".*{UNFINISHED}"):
        with suppress(OSError):
            path.unlink()
