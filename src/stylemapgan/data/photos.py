"""A folder of photos as one array that is never unpacked twice."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int, UInt8

from stylemapgan.data.cache import (
    Entry,
    Skipped,
    cache_folder,
    entry_key,
    new_entry,
    open_entry,
    write_entry,
)
from stylemapgan.data.folder import content_hashes, find_pictures, in_threads
from stylemapgan.errors import DataError, ImageError
from stylemapgan.images import from_bytes, read_pixels

logger = logging.getLogger(__name__)

SMALLEST_SIDE = 8
"""Photos with fewer pixels along a side are skipped at any size."""


@dataclass(frozen=True, eq=False)
class PhotoSet:
    """Photos of one size, in the order of their names."""

    pixels: UInt8[np.ndarray, "photos size size 3"]
    """A read-only memory map, so the set may be larger than memory."""
    names: tuple[str, ...]
    """Paths relative to the folder, one for each photo."""
    skipped: tuple[Skipped, ...]
    """Files of the folder that are no use, and why."""

    def __len__(self) -> int:
        return len(self.names)

    def take(
        self,
        indices: Int[np.ndarray, "batch"],
        flips: Bool[np.ndarray, "batch"] | None = None,
    ) -> Float32[np.ndarray, "batch 3 size size"]:
        """Copy photos out as images.

        Args:
            indices: Which photos; one may be asked for more than once.
            flips: Where true, the photo is mirrored left to right.
        """
        photos = np.asarray(self.pixels[indices])  # (batch, size, size, 3), a copy
        if flips is not None:
            photos[flips] = photos[flips, :, ::-1]
        return from_bytes(photos)


def open_folder(
    folder: Path,
    size: int,
    cache: Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> PhotoSet:
    """Open the photos of a folder and its subfolders, cut to squares.

    The first time, all are unpacked into the cache; later only if any file came, went or
    changed. The cache may be deleted at any time. Skipped are files that are no pictures,
    damaged, too large to unpack safely, or shorter along a side than half of `size` (never
    below 8 pixels), because enlarging them would teach blur.

    Args:
        folder: Searched recursively for JPEG, PNG, WebP, BMP and TIFF files by their suffix.
        size: Height and width to cut and resize to, in pixels.
        cache: Where unpacked photos are kept; `cache_folder() / "photos"` if not given.
        on_progress: Told after each file how many are done, and of how many; not called when
            the cache already holds them.

    Raises:
        DataError: There is no such folder, no usable photo in it, or no room for the cache.
    """
    if size < 1:
        raise DataError(f"The size of photos must be at least 1 pixel, got {size}.")
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; give one with pictures in it.")
    names = find_pictures(folder)
    if not names:
        raise DataError(f"{folder} holds no pictures (.jpg, .png, .webp, .bmp or .tiff).")
    cache = cache or cache_folder() / "photos"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        hashes = content_hashes(folder, names, cache / _index_name(folder))
        place = cache / entry_key(names, hashes, size)
        entry = open_entry(place, size) or _make_entry(place, folder, names, size, on_progress)
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"The cache {cache} cannot be used: {reason}.") from error
    if entry.skipped:
        logger.warning("Skipped %d of %d files in %s.", len(entry.skipped), len(names), folder)
    return PhotoSet(pixels=entry.pixels, names=entry.names, skipped=entry.skipped)


def _make_entry(
    place: Path,
    folder: Path,
    names: list[str],
    size: int,
    on_progress: Callable[[int, int], None] | None,
) -> Entry:
    def decode(name: str) -> UInt8[np.ndarray, "size size 3"] | str:
        path = folder / name
        try:
            return read_pixels(path, size, min_side=max(SMALLEST_SIDE, (size + 1) // 2))
        except ImageError as error:
            return str(error).removeprefix(f"{path} ")

    def on_photo(done: int) -> None:
        if on_progress is not None:
            on_progress(done, len(names))

    with new_entry(place, size) as temporary:
        count, skipped = write_entry(temporary, names, in_threads(decode, names), on_photo)
        if not count:
            raise DataError(
                f"None of the {len(names)} pictures in {folder} can be used; "
                f"the first, {skipped[0].path}, {skipped[0].reason}"
            )
    entry = open_entry(place, size)
    if entry is None:
        raise DataError(f"The cache entry {place} vanished while it was made; try again.")
    return entry


def _index_name(folder: Path) -> str:
    return f"index-{hashlib.sha256(bytes(folder.resolve())).hexdigest()[:16]}.json"
