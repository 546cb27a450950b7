"""Write files and folders that appear complete or not at all."""

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stylemapgan.config.plain_values import spelled_out
from stylemapgan.errors import StorageError
from stylemapgan.images.failed_writes import explain, failed_write

UNFINISHED = ".part"
"""Suffix of temporary files; only a killed process leaves them behind."""
MOST_LINKS = 40
"""Longest chain of links that is followed, as in Linux."""
NEW_FILE_MODE = 0o666
"""Permissions of new files, minus the user's umask."""


@contextmanager
def replacing(path: Path, wanted: int | None = None) -> Iterator[Path]:
    """Yield a temporary file in the same folder; it becomes `path` if the block succeeds.

    If the block fails, an existing file at `path` is unchanged. The bytes reach the disk before
    the file gets its name, so that even a power cut leaves no partial file. Symbolic links are
    followed. An existing file keeps its permissions and, where allowed, its owner. A device or a
    pipe is not replaced but written to, once the block has succeeded.

    Args:
        path: A file that may or may not exist.
        wanted: Bytes that the block will write, where known; the error names them.

    Raises:
        StorageError: The file cannot be written: the disk is full, writing is denied, the folder
            is missing, and so on. Other exceptions of the block pass unchanged.
    """
    try:
        target = _follow(path)
        before = _state(target)
        temporary = _temporary_for(target, before)
    except OSError as error:
        raise StorageError(explain(path, error.errno or 0, _named(error, path), wanted)) from error
    try:
        mode = stat.S_IMODE((before or temporary.stat()).st_mode)
        yield temporary
        if _is_replaced(target, before):
            _bring_to_disk(temporary)
            _keep_owner_and_mode(temporary, before, mode)
            temporary.replace(target)
        else:
            _copy_into(temporary, target)
    except Exception as error:
        failed = failed_write(path, error, (temporary, target), wanted)
        if failed is None:
            raise
        raise failed from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `folder`; it replaces `folder` if the block succeeds.

    Args:
        folder: Missing or empty; links are followed, and an empty folder keeps its permissions.

    Raises:
        StorageError: As `replacing`.
    """
    try:
        target = _follow(folder).absolute()
        before = _state(target)
        unfinished = target.with_name(f".{secrets.token_hex(6)}{UNFINISHED}")
        unfinished.mkdir()
    except OSError as error:
        raise StorageError(explain(folder, error.errno or 0, _named(error, folder))) from error
    try:
        with storing(folder, unfinished, target):
            mode = stat.S_IMODE((before or unfinished.stat()).st_mode)
            yield unfinished
            for path in unfinished.rglob("*"):
                if path.is_file():
                    _bring_to_disk(path)
            _keep_owner_and_mode(unfinished, before, mode)
            unfinished.replace(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


@contextmanager
def storing(folder: Path, *unfinished: Path, wanted: int | None = None) -> Iterator[None]:
    """Turn errors of writing below a folder into a StorageError; others pass unchanged.

    Args:
        folder: The folder, as the user named it.
        unfinished: Temporary folders that the block writes to; the folder itself if not given.
        wanted: Bytes that the block will write, where known.

    Raises:
        StorageError: As `replacing`.
    """
    try:
        yield
    except Exception as error:
        failed = failed_write(folder, error, unfinished or (folder,), wanted)
        if failed is None:
            raise
        raise failed from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file completely or not at all; see `replacing`.

    Raises:
        StorageError: It cannot be written.
    """
    with replacing(path, len(content)) as unfinished:
        unfinished.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, completely or not at all; invalid Unicode is escaped.

    Raises:
        StorageError: It cannot be written.
    """
    write_bytes(path, spelled_out(text).encode())


def _follow(path: Path) -> Path:
    """Find the target of a link, existing or not; return other paths unchanged."""
    for _ in range(MOST_LINKS):
        if not path.is_symlink() or _is_open_file(path):
            return path
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def _is_replaced(target: Path, before: os.stat_result | None) -> bool:
    """Whether to replace the target: a file is replaced, a device or pipe written to."""
    return (before is None or stat.S_ISREG(before.st_mode)) and not _is_open_file(target)


def _is_open_file(path: Path) -> bool:
    """Whether a path names what a process has open, such as /dev/stdout."""
    return os.name == "posix" and path.parent.resolve().parts[:2] == ("/", "proc")


def _named(error: OSError, path: Path) -> Path:
    """Find the file that an error is about."""
    return Path(error.filename) if isinstance(error.filename, str) else path


def _state(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _temporary_for(target: Path, before: os.stat_result | None) -> Path:
    if before is not None and stat.S_ISDIR(before.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if _is_replaced(target, before):
        return _new_file(target, before)
    descriptor, name = tempfile.mkstemp(UNFINISHED)
    os.close(descriptor)
    return Path(name)


def _new_file(target: Path, before: os.stat_result | None) -> Path:
    """Create an empty file beside another, readable only by those who may read that one."""
    if before is None:
        mode = NEW_FILE_MODE
    else:
        mode = stat.S_IMODE(before.st_mode) & NEW_FILE_MODE | stat.S_IRUSR | stat.S_IWUSR
    temporary = target.with_name(f".{secrets.token_hex(6)}{UNFINISHED}")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    return temporary


def _bring_to_disk(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _keep_owner_and_mode(path: Path, before: os.stat_result | None, mode: int) -> None:
    now = path.stat()
    if before is not None and (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        with suppress(PermissionError):  # only the superuser may give files away
            os.chown(path, before.st_uid, before.st_gid)
    if stat.S_IMODE(path.stat().st_mode) != mode:
        path.chmod(mode)


def _copy_into(path: Path, target: Path) -> None:
    with path.open("rb") as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)
