"""Explain failed writes: the file, the space it needs, the space that is free, and what to do."""

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
    errno.ENOSPC: ("the disk is full", "free some space or choose another disk"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or choose another disk"),
    errno.EFBIG: (
        "the file is larger than the system allows",
        "raise the limit (ulimit -f) or choose another disk",
    ),
    errno.EIO: ("the disk reports an input/output error", "check it or choose another disk"),
    errno.EROFS: ("the disk is read-only", "choose another folder"),
    errno.EACCES: ("permission denied", "change the permissions or choose another folder"),
    errno.EPERM: ("permission denied", "change the permissions or choose another folder"),
    errno.EPIPE: ("the program reading it stopped", "read all of it"),
    errno.EISDIR: ("it is a folder", "give the name of a file"),
}
"""Error number → why a file cannot be written, and the remedy."""
ABOUT_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ALWAYS_OF_WRITING = frozenset(REASONS) - {errno.EISDIR}
"""Errors that concern the file being written even if they name no file."""
FROM_TORCH = re.compile(
    r"PytorchStreamWriter|inline_container|iostream error|^Parent directory .* does not exist"
)
FROM_SAFETENSORS = re.compile(r"\(os error (\d+)\)")
FROM_NUMPY = re.compile(r"\d+ requested and \d+ written")
PROBE = bytes(2**16)


def failed_write(
    path: Path, error: Exception, written: Sequence[Path], wanted: int | None = None
) -> StorageError | None:
    """Explain an error in one line, if it is about writing a file.

    Args:
        path: The file or folder to write, as the user named it.
        error: Any exception.
        written: The paths that were written: first the temporary file or folder, which still
            exists.
        wanted: Bytes of the whole file, where known.

    Returns:
        None for errors about anything else.
    """
    number = _system_error(error, (path, *written))
    if number is None:
        return None
    if not number:  # the library does not say why
        number = _why(written[0])
    return StorageError(explain(path, number, written[0], wanted))


def explain(path: Path, number: int, unfinished: Path, wanted: int | None = None) -> str:
    """Say in one line why a file cannot be written, and what to do.

    Args:
        path: The file, as the user named it.
        number: The system's error number; 0 if unknown.
        unfinished: The temporary file that was written in its place.
        wanted: Bytes of the whole file, where known.
    """
    folder = unfinished.parent
    if number == errno.ENOENT and not folder.is_dir():
        return f"{path} cannot be written: there is no folder {folder}; create it first."
    if number not in REASONS:
        reason = os.strerror(number) if number else "some of it did not reach the disk"
        return f"{path} cannot be written: {reason}; choose another folder."
    reason, remedy = REASONS[number]
    space = _space(unfinished, wanted) if number in ABOUT_SPACE else ""
    return f"{path} cannot be written: {reason}{space}; {remedy}."


def _system_error(error: Exception, paths: Sequence[Path]) -> int | None:
    """Find the error number of a failed write: 0 if unknown, None for any other error."""
    if isinstance(error, OSError):
        if error.filename is not None:
            return error.errno if _is_below(error.filename, paths) else None
        if error.errno is None:
            return 0 if FROM_NUMPY.search(str(error)) else None
        return error.errno if error.errno in ALWAYS_OF_WRITING else None
    if isinstance(error, SafetensorError):
        found = FROM_SAFETENSORS.search(str(error))
        return int(found[1]) if found else None
    is_torch = isinstance(error, RuntimeError) and FROM_TORCH.search(str(error))
    return 0 if is_torch else None


def _is_below(name: str | bytes | int, paths: Sequence[Path]) -> bool:
    if isinstance(name, int):
        return False
    path = Path(os.fsdecode(name)).absolute()
    return any(path.is_relative_to(each.absolute()) for each in paths)


def _why(unfinished: Path) -> int:
    """Find the error number by writing a little more."""
    try:
        with unfinished.open("ab") as file:
            file.write(PROBE)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno or 0
    return 0


def _space(unfinished: Path, wanted: int | None) -> str:
    """Say how much space is needed and how much is free."""
    facts = []
    with suppress(OSError):  # deleted meanwhile
        if wanted is not None:
            facts.append(f"{_bytes(wanted)} needed")
        elif unfinished.is_file():
            facts.append(f"more than {_bytes(unfinished.stat().st_size)} needed")
        folder = unfinished if unfinished.is_dir() else unfinished.parent
        facts.append(f"{_bytes(shutil.disk_usage(folder).free)} free")
    return f" ({', '.join(facts)})" if facts else ""


def _bytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 10**6 else f"{count:,} bytes"
