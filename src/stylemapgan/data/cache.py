"""Unpacked photos on disk: one folder an entry, complete or absent."""

import hashlib
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from stylemapgan.images.atomic import write_text

logger = logging.getLogger(__name__)

FORMAT = 2
"""Goes up when photos are unpacked differently, so that older entries are not found."""
PIXELS = "pixels.raw"
PHOTOS = "photos.json"
PARTIAL = ".part"
DAY_S = 24 * 3600
ABANDONED_AFTER_S = DAY_S
"""An unfinished entry nobody has written to for so long was left by a killed process."""
FORGOTTEN_AFTER_S = 90 * DAY_S
"""An entry nobody has opened for so long is removed when another is made."""
ENTRY_NAME = re.compile(r"[0-9a-f]{64}|index-[0-9a-f]{16}\.json")
"""What this module may remove: the folder may hold other things too."""


@dataclass(frozen=True)
class Skipped:
    """A file that is no use for training."""

    path: str
    """Relative to the folder."""
    reason: str
    """Completes a sentence that begins with the path."""


@dataclass(frozen=True, eq=False)
class Entry:
    """What the cache keeps of a folder."""

    pixels: UInt8[np.ndarray, "photos size size 3"]
    """A read-only memory map."""
    names: tuple[str, ...]
    skipped: tuple[Skipped, ...]


def entry_key(names: Sequence[str], hashes: Sequence[str], size: int) -> str:
    """Name an entry after everything it is made from."""
    digest = hashlib.sha256(f"{FORMAT} {size}".encode())
    for name, content in zip(names, hashes, strict=True):
        digest.update(f"\0{name}\0{content}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def open_entry(folder: Path, size: int) -> Entry | None:
    """Open an entry; None if there is none, or one that something damaged."""
    try:
        photos = json.loads((folder / PHOTOS).read_text(encoding="utf-8"))
        names = tuple(photos["names"])
        skipped = tuple(Skipped(**skipped) for skipped in photos["skipped"])
        shape = (len(names), size, size, 3)
        if (folder / PIXELS).stat().st_size != np.prod(shape):
            raise ValueError("the length of the pixels is wrong")
        pixels = np.memmap(folder / PIXELS, dtype=np.uint8, mode="r", shape=shape)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("The cache entry %s is damaged and made anew: %s", folder, error)
        return None
    _remember_use(folder)
    return Entry(pixels=pixels, names=names, skipped=skipped)


@contextmanager
def new_entry(temporary: Path, folder: Path, size: int) -> Iterator[None]:
    """Turn a temporary folder into the entry if the block succeeds; remove it if not."""
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
    """Write photos one after another.

    Args:
        folder: Where to, already there.
        names: Of all files.
        decoded: For each file its pixels, or the reason why it has none.
        on_photo: Told how many files are done.

    Returns:
        How many photos were written, and the files that were skipped.
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
    """Rename, unless another process finished the same entry first: they are equal."""
    if open_entry(folder, size) is not None:
        return
    shutil.rmtree(folder, ignore_errors=True)  # damaged, if there at all
    try:
        temporary.rename(folder)
    except OSError:
        if open_entry(folder, size) is None:
            raise


def _remember_use(folder: Path) -> None:
    try:
        os.utime(folder)
    except OSError as error:  # of somebody else, or on a disk that cannot be written to
        logger.debug("The use of %s cannot be remembered: %s", folder, error)


def _tidy(cache: Path) -> None:
    """Remove what killed processes left, and entries that nobody uses any more."""
    now = time.time()
    for path in cache.glob(f".*{PARTIAL}"):
        if last_change(path / PIXELS, path) < now - ABANDONED_AFTER_S:
            _remove(path)
    for path in cache.iterdir():
        if ENTRY_NAME.fullmatch(path.name) and last_change(path) < now - FORGOTTEN_AFTER_S:
            logger.info("Removed from the cache, for nobody opened it for 90 days: %s", path)
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def last_change(*paths: Path) -> float:
    """Say when the first that is there was last written to, in seconds since 1970."""
    for path in paths:
        try:
            return path.stat().st_mtime
        except (FileNotFoundError, NotADirectoryError):  # removed meanwhile; or a file, no folder
            continue
    return time.time()
