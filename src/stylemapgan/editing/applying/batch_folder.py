"""The folder of edited photos: what it was made from, and that only one process fills it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from stylemapgan.data.folder_lock import locked
from stylemapgan.errors import DataError
from stylemapgan.images.atomic import UNFINISHED, storing, write_text

MADE_FROM = "apply.json"
"""File that says what the photos were made from."""
LOCK = ".apply.lock"

Inputs: TypeAlias = Mapping[str, Any]
"""Everything that the edited photos depend on, as JSON values."""
HASHED = ("edit", "model", "pictures")
"""Inputs that are hashes, which say nothing to people."""


@contextmanager
def batch_folder(out: Path, inputs: Inputs, *, resume: bool) -> Iterator[None]:
    """Open the folder for the edited photos while the block runs.

    Args:
        out: Missing, empty, or of an earlier call with the same inputs.
        inputs: Everything that the photos depend on.
        resume: Whether to continue an earlier call's work.

    Raises:
        DataError: The folder holds something else, or another process fills it.
        StorageError: It cannot be created.
    """
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file; give a folder for the edited photos.")
    lock, busy = out / LOCK, f"Another process is writing edited photos into {out}."
    with storing(out):
        out.mkdir(parents=True, exist_ok=True)
        with locked(lock, busy):
            try:
                _begin(out, inputs, resume=resume)
                yield
            finally:
                with suppress(OSError):
                    lock.unlink()


def _begin(out: Path, inputs: Inputs, *, resume: bool) -> None:
    """Accept a folder without files, hidden ones aside, or one to continue in."""
    if any(not path.name.startswith(".") for path in out.iterdir()):
        _refuse_other_inputs(out, inputs, resume=resume)
        _remove_unfinished(out)
    else:
        write_text(out / MADE_FROM, json.dumps({"made from": inputs}, indent=1))


def _refuse_other_inputs(out: Path, inputs: Inputs, *, resume: bool) -> None:
    memory = out / MADE_FROM
    if not memory.is_file():
        raise DataError(f"{out} is not empty; give a new folder for the edited photos.")
    if not resume:
        raise DataError(f"{out} holds edited photos: continue with --resume, or give a new folder.")
    try:
        before = json.loads(memory.read_text(encoding="utf-8"))["made from"]
        differing = [name for name in inputs if before.get(name) != inputs[name]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{memory} is damaged ({error}); give a new folder.") from None
    if differing:
        changes = ", ".join(_change(name, before.get(name), inputs[name]) for name in differing)
        raise DataError(
            f"{out} was made from something else, so --resume cannot continue it: {changes}. Give "
            "a new folder."
        )


def _change(name: str, before: Any, now: Any) -> str:
    return f"other {name}" if name in HASHED else f"{name} {before} (now {now})"


def _remove_unfinished(out: Path) -> None:
    """Remove files that a killed process left unfinished."""
    for path in out.rglob(f".*{UNFINISHED}"):
        with suppress(OSError):
            path.unlink()
