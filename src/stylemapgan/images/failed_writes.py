"""What a failed write says: the file, the room it needs, the room there is, and what to do."""

import errno
import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError

from stylemapgan.errors import StorageError

REASONS = {
    errno.ENOSPC: ("the disk is full", "make room or choose another disk"),
    errno.EDQUOT: ("the disk quota is used up", "make room or choose another disk"),
    errno.EFBIG: (
        "the file is larger than the system allows",
        "raise the limit (ulimit -f) or choose another disk",
    ),
    errno.EIO: ("the disk reports an input/output error", "check it or choose another disk"),
    errno.EROFS: ("the disk is read-only", "choose another folder"),
    errno.EACCES: ("permission denied", "change the permissions or choose another folder"),
    errno.EPERM: ("permission denied", "change the permissions or choose another folder"),
    errno.EPIPE: ("its reader stopped reading", "read all of it"),
    errno.EISDIR: ("it is a folder", "give the name of a file"),
}
"""Why files cannot be written, and the remedy, by the system's number for it."""
ABOUT_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ALWAYS_OF_WRITING = frozenset(REASONS) - {errno.EISDIR}
"""Errors that name no file and are about the file being written all the same."""
FROM_TORCH = re.compile(
    r"PytorchStreamWriter|inline_container|iostream error|^Parent directory .* does not exist"
)
FROM_SAFETENSORS = re.compile(r"\(os error (\d+)\)")
FROM_NUMPY = re.compile(r"\d+ requested and \d+ written")
PROBE = bytes(2**16)


def failed_write(
    path: Path, error: Exception, places: Sequence[Path], wanted: int | None = None
) -> StorageError | None:
    """Turn an error into one line about a file, if it says that the file cannot be written.

    Args:
        path: The file or folder that was to be written, as the user knows it.
        error: What was raised; any kind.
        places: Where it was written: first the temporary file or folder, still there.
        wanted: Bytes of the whole file, where known.

    Returns:
        None for errors about anything else.
    """
    number = _system_error(error, (path, *places))
    if number is None:
        return None
    if not number:  # the writer does not know why
        number = _why(places[0])
    return StorageError(explain(path, number, places[0], wanted))


def explain(path: Path, number: int, unfinished: Path, wanted: int | None = None) -> str:
    """Say in one line why a file cannot be written, and what to do.

    Args:
        path: The file, as the user knows it.
        number: The system's number for the error; 0 if unknown.
        unfinished: The temporary file that was written instead, or was to be.
        wanted: Bytes of the whole file, where known.
    """
    folder = unfinished.parent
    if number == errno.ENOENT and not folder.is_dir():
        return f"{path} cannot be written: there is no folder {folder}; make it first."
    if number not in REASONS:
        reason = os.strerror(number) if number else "not all of it reached the disk"
        return f"{path} cannot be written: {reason}; choose another place."
    reason, remedy = REASONS[number]
    room = _room(unfinished, wanted) if number in ABOUT_ROOM else ""
    return f"{path} cannot be written: {reason}{room}; {remedy}."


def _system_error(error: Exception, places: Sequence[Path]) -> int | None:
    """Find the system's number for a failed write: 0 if unknown, None if it was something else."""
    if isinstance(error, OSError):
        if error.filename is not None:
            return error.errno if _is_below(error.filename, places) else None
        if error.errno is None:
            return 0 if FROM_NUMPY.search(str(error)) else None
        return error.errno if error.errno in ALWAYS_OF_WRITING else None
    if isinstance(error, SafetensorError):
        found = FROM_SAFETENSORS.search(str(error))
        return int(found[1]) if found else None
    is_torch = isinstance(error, RuntimeError) and FROM_TORCH.search(str(error))
    return 0 if is_torch else None


def _is_below(name: str | bytes | int, places: Sequence[Path]) -> bool:
    if isinstance(name, int):
        return False
    path = Path(os.fsdecode(name)).absolute()
    return any(path.is_relative_to(place.absolute()) for place in places)


def _why(unfinished: Path) -> int:
    """Ask the system itself, by writing a little more."""
    try:
        with unfinished.open("ab") as file:
            file.write(PROBE)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno or 0
    return 0


def _room(unfinished: Path, wanted: int | None) -> str:
    """Say how much room is needed and how much is free."""
    told = []
    with suppress(OSError):  # gone meanwhile; the line says enough without it
        if wanted is not None:
            told.append(f"{_bytes(wanted)} needed")
        elif unfinished.is_file():
            told.append(f"more than {_bytes(unfinished.stat().st_size)} needed")
        folder = unfinished if unfinished.is_dir() else unfinished.parent
        told.append(f"{_bytes(shutil.disk_usage(folder).free)} free")
    return f" ({', '.join(told)})" if told else ""


def _bytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 10**6 else f"{count:,} bytes"
