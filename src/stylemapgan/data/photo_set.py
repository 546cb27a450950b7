"""Photos as one memory-mapped array, decoded once into a cache."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int, UInt8

from stylemapgan.config.user_folders import cache_folder
from stylemapgan.data.abstract import AbstractPhotos, Skipped
from stylemapgan.data.photo_cache import (
    Entry,
    entry_key,
    lock_entry,
    new_entry,
    open_entry,
    write_entry,
)
from stylemapgan.data.photo_order import batch_indices, spread_rows
from stylemapgan.data.sources import AbstractSource, FolderSource, decode, open_source
from stylemapgan.data.worker_pool import in_threads
from stylemapgan.errors import DataError, StorageError
from stylemapgan.images import from_bytes
from stylemapgan.images.atomic import storing
from stylemapgan.types import Share

logger = logging.getLogger(__name__)

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class PhotoSet(AbstractPhotos):
    """Photos of one size, in the order of their names."""

    pixels: UInt8[np.ndarray, "photos size size 3"]
    """A read-only memory map, so the set may be larger than memory."""
    names: tuple[str, ...]
    """One for each photo, as its source names it."""
    skipped: tuple[Skipped, ...]
    """Unusable pictures of the source, and why."""

    @property
    def size(self) -> int:
        return self.pixels.shape[1]

    def __len__(self) -> int:
        return len(self.names)

    def take(
        self,
        indices: Int[np.ndarray, "batch"],
        flips: Bool[np.ndarray, "batch"] | None = None,
    ) -> Float32[np.ndarray, "batch 3 size size"]:
        """Copy photos out as images.

        Args:
            indices: Which photos; repeats are allowed.
            flips: Where true, mirror the photo left to right.
        """
        photos = np.asarray(self.pixels[indices])  # (batch, size, size, 3), a copy
        if flips is not None:
            photos[flips] = photos[flips, :, ::-1]
        return from_bytes(photos)

    def batch(
        self, images_seen: int, batch: int, share: Share, seed: int
    ) -> Float32[np.ndarray, "rows 3 size size"]:
        return self.take(batch_indices(len(self), batch, images_seen, seed)[share.rows])

    def spread(self, most: int, rows: int) -> Iterator[Float32[np.ndarray, "rows 3 size size"]]:
        chosen = spread_rows(len(self), most)
        for start in range(0, len(chosen), rows):
            yield self.take(chosen[start : start + rows])

    def close(self) -> None:
        """Do nothing: a memory map needs no closing."""


def open_photos(
    location: str | Path,
    size: int,
    cache: Path | None = None,
    on_progress: OnProgress | None = None,
) -> PhotoSet:
    """Open photos, wherever they are, cut to squares.

    The first call decodes all pictures into the cache; later calls do so only if pictures were
    added, removed or changed. Of several processes that open the same new photos, one decodes and
    the others wait. The cache may be deleted at any time; entries unused for 90 days are removed.
    Unusable pictures are skipped, see `sources.decode`.

    Args:
        location: As for `open_source`: a folder, an archive, an LMDB data set, shards.
        size: Height and width to cut and resize to, in pixels.
        cache: Folder for decoded photos; `cache_folder() / "photos"` if not given.
        on_progress: Called after each picture with the number done and of all; not called if the
            cache already holds them.

    Raises:
        DataError: The location does not exist, or holds no usable photo.
        StorageError: The cache cannot be written.
        MissingExtraError: A package that the location needs is not installed.
    """
    return _open(open_source(location), size, cache, on_progress)


def open_folder(
    folder: Path,
    size: int,
    cache: Path | None = None,
    on_progress: OnProgress | None = None,
) -> PhotoSet:
    """Open the photos below a folder as `open_photos` does; refuse anything else.

    Raises:
        DataError: The folder does not exist, or holds no usable photo.
        StorageError: The cache cannot be written.
    """
    return _open(FolderSource(folder), size, cache, on_progress)


def _open(
    source: AbstractSource, size: int, cache: Path | None, on_progress: OnProgress | None
) -> PhotoSet:
    if size < 1:
        raise DataError(f"The size of photos must be at least 1 pixel, got {size}.")
    cache = cache or cache_folder() / "photos"
    try:
        with storing(cache):
            cache.mkdir(parents=True, exist_ok=True)
        folder = cache / entry_key(source.names, source.fingerprints(cache), size)
        report = on_progress or (lambda done, total: None)
        entry = open_entry(folder, size) or _make_entry(folder, source, size, report)
    except StorageError as error:
        raise StorageError(f"{error} XDG_CACHE_HOME sets the folder of the cache.") from error
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"The cache {cache} cannot be used: {reason}.") from error
    if entry.skipped:
        logger.warning(
            "Skipped %d of %d pictures in %s.", len(entry.skipped), len(source), source.describe()
        )
    return PhotoSet(pixels=entry.pixels, names=entry.names, skipped=entry.skipped)


def _make_entry(folder: Path, source: AbstractSource, size: int, on_progress: OnProgress) -> Entry:
    """Decode photos into a new entry, or wait for the process that does."""

    def on_wait(bytes_written: int) -> None:
        on_progress(min(bytes_written // (size * size * 3), len(source)), len(source))

    entry, temporary = None, None
    while entry is None and temporary is None:
        temporary = lock_entry(folder, on_wait)
        if temporary is not None:
            with new_entry(temporary, folder, size):
                if open_entry(folder, size) is None:  # else another process was quicker
                    _decode_all(temporary, source, size, on_progress)
        entry = open_entry(folder, size)
    if entry is None:
        raise DataError(f"The cache entry {folder} was deleted while it was made; try again.")
    return entry


def _decode_all(folder: Path, source: AbstractSource, size: int, on_progress: OnProgress) -> None:
    def decoded(index: int) -> UInt8[np.ndarray, "size size 3"] | str:
        return decode(source.record(index), size)

    def on_photo(done: int) -> None:
        on_progress(done, len(source))

    photos = in_threads(decoded, range(len(source)))
    with storing(folder.parent, folder, wanted=3 * size**2 * len(source)):
        count, skipped = write_entry(folder, source.names, photos, on_photo)
    if not count:
        raise DataError(
            f"None of the {len(source)} pictures in {source.describe()} can be used; "
            f"the first, {skipped[0].path}, {skipped[0].reason}"
        )
