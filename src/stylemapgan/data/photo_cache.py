"""Cache of decoded photos on disk: one folder for each entry, complete or absent.

Of all processes that need the same new entry, one makes it while the others wait. Its lock is the
temporary folder that it fills, since only one process can create a folder. The size of its pixels
shows the others how far it is. If its process was killed, the lock stays, and the next process
takes the lock of the next number; two processes that work at once make equal entries.
"""

import hashlib
import json
import logging
import os
import platform
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from stylemapgan.data.abstract import Skipped
from stylemapgan.images.atomic import write_text

logger = logging.getLogger(__name__)

FORMAT = 2
"""Version of the decoding; a higher one makes new entries."""
PIXELS = "pixels.raw"
PHOTOS = "photos.json"
HOLDER = "holder.json"
PARTIAL = ".part"
DAY_S = 24 * 3600
ABANDONED_AFTER_S = DAY_S
"""An unfinished entry that was not written to for this long belonged to a killed process."""
UNUSED_AFTER_S = 90 * DAY_S
"""An entry that was not opened for this long is removed when another is made."""
ENTRY_NAME = re.compile(r"[0-9a-f]{64}|index-[0-9a-f]{16}\.json")
"""Names of what may be removed; the folder may hold other things too."""
SILENT_AFTER_S = 60.0
"""A lock not written to for this long is ignored, whichever machine holds it."""
POLL_EVERY_S = 0.1
"""Pause between two looks at the lock of another process."""


@dataclass(frozen=True, eq=False)
class Entry:
    """Decoded photos of one source at one size."""

    pixels: UInt8[np.ndarray, "photos size size 3"]
    """A read-only memory map."""
    names: tuple[str, ...]
    skipped: tuple[Skipped, ...]


def entry_key(names: Sequence[str], hashes: Sequence[str], size: int) -> str:
    """Name an entry by a hash of everything it is made from."""
    digest = hashlib.sha256(f"{FORMAT} {size}".encode())
    for name, content in zip(names, hashes, strict=True):
        digest.update(f"\0{name}\0{content}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def open_entry(folder: Path, size: int) -> Entry | None:
    """Open an entry; None if it is missing or damaged."""
    try:
        photos = json.loads((folder / PHOTOS).read_text(encoding="utf-8"))
        names = tuple(photos["names"])
        skipped = tuple(Skipped(**skipped) for skipped in photos["skipped"])
        shape = (len(names), size, size, 3)
        if (folder / PIXELS).stat().st_size != np.prod(shape):
            raise ValueError("the pixels have the wrong length")
        pixels = np.memmap(folder / PIXELS, dtype=np.uint8, mode="r", shape=shape)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("Rebuilding the damaged cache entry %s: %s", folder, error)
        return None
    _mark_used(folder)
    return Entry(pixels=pixels, names=names, skipped=skipped)


def lock_entry(entry: Path, on_wait: Callable[[int], None]) -> Path | None:
    """Lock the making of an entry, or wait until the process that holds the lock is done.

    Args:
        entry: Folder of the entry.
        on_wait: Called now and then with the bytes of pixels that the other process has written.

    Returns:
        A temporary folder to fill; None if another process has released the lock meanwhile, so
        that the entry may exist now.
    """
    number = 0
    while True:
        folder = entry.with_name(f".{entry.name}.{number}{PARTIAL}")
        if _make_lock(folder):
            return folder
        while folder.exists() and not _is_abandoned(folder):
            on_wait(_bytes_written(folder))
            time.sleep(POLL_EVERY_S)
        if not folder.exists():
            return None
        number += 1


@contextmanager
def new_entry(temporary: Path, folder: Path, size: int) -> Iterator[None]:
    """Rename a temporary folder to the entry if the block succeeds; remove it if not."""
    _tidy(folder.parent)
    try:
        yield
        _put_in_place(temporary, folder, size)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_entry(
    folder: Path,
    names: Sequence[str],
    decoded: Iterator[UInt8[np.ndarray, "size size 3"] | str],
    on_photo: Callable[[int], None],
) -> tuple[int, list[Skipped]]:
    """Write decoded photos.

    Args:
        folder: Existing folder to write to.
        names: Of all files.
        decoded: For each file its pixels, or the reason why they are missing.
        on_photo: Called with the number of files done.

    Returns:
        Number of photos written, and the skipped files.
    """
    kept: list[str] = []
    skipped: list[Skipped] = []
    with (folder / PIXELS).open("wb") as file:
        for done, (name, photo) in enumerate(zip(names, decoded, strict=True), start=1):
            if isinstance(photo, str):
                skipped.append(Skipped(name, photo))
            else:
                file.write(photo.tobytes())
                kept.append(name)
            on_photo(done)
        file.flush()
        os.fsync(file.fileno())
    photos = {"names": kept, "skipped": [asdict(each) for each in skipped]}
    write_text(folder / PHOTOS, json.dumps(photos))
    return len(kept), skipped


def _put_in_place(temporary: Path, folder: Path, size: int) -> None:
    """Rename, unless another process has finished the same entry."""
    if open_entry(folder, size) is not None:
        return
    shutil.rmtree(folder, ignore_errors=True)  # damaged, or missing
    try:
        temporary.rename(folder)
    except OSError:
        if open_entry(folder, size) is None:
            raise


def _mark_used(folder: Path) -> None:
    try:
        os.utime(folder)
    except OSError as error:  # another user's, or on a read-only disk
        logger.debug("The time of use of %s cannot be set: %s", folder, error)


def _tidy(cache: Path) -> None:
    """Remove what killed processes left, and entries unused for 90 days."""
    now = time.time()
    for path in cache.glob(f".*{PARTIAL}"):
        if last_change(path / PIXELS, path) < now - ABANDONED_AFTER_S:
            _remove(path)
    for path in cache.iterdir():
        if ENTRY_NAME.fullmatch(path.name) and last_change(path) < now - UNUSED_AFTER_S:
            logger.info("Removed from the cache, unused for 90 days: %s", path)
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def last_change(*paths: Path) -> float:
    """Return when the first existing path was last written to, in seconds since 1970."""
    for path in paths:
        try:
            return path.stat().st_mtime
        except (FileNotFoundError, NotADirectoryError):  # removed meanwhile, or a file
            continue
    return time.time()


def _make_lock(folder: Path) -> bool:
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    holder = {"machine": platform.node(), "process": os.getpid()}
    write_text(folder / HOLDER, json.dumps(holder))
    return True


def _is_abandoned(folder: Path) -> bool:
    silence = time.time() - last_change(folder / PIXELS, folder)
    return silence > SILENT_AFTER_S or _holder_is_dead(folder)


def _holder_is_dead(folder: Path) -> bool:
    """Whether the process that holds a lock has ended; known only on the same POSIX machine."""
    if os.name != "posix":
        return False
    try:
        holder = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        if holder["machine"] != platform.node():
            return False
        os.kill(holder["process"], 0)  # sends no signal
    except ProcessLookupError:
        return True
    except (OSError, ValueError, KeyError, TypeError):  # not written yet, or another user's
        return False
    return False


def _bytes_written(folder: Path) -> int:
    try:
        return (folder / PIXELS).stat().st_size
    except FileNotFoundError:
        return 0
