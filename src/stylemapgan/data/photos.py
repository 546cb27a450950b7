"""Photos as one array on disk that is never unpacked twice."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int, UInt8

from stylemapgan.config.user_folders import cache_folder
from stylemapgan.data.abstract import AbstractPhotos
from stylemapgan.data.cache import (
    Entry,
    Skipped,
    entry_key,
    new_entry,
    open_entry,
    write_entry,
)
from stylemapgan.data.decoding import decode
from stylemapgan.data.locks import claim
from stylemapgan.data.photo_folder import in_threads
from stylemapgan.data.photo_order import batch_indices, spread_rows
from stylemapgan.data.sources import AbstractSource, FolderSource, open_source
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
    """As their source calls them, one for each photo."""
    skipped: tuple[Skipped, ...]
    """Pictures of the source that are no use, and why."""

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
            indices: Which photos; one may be asked for more than once.
            flips: Where true, the photo is mirrored left to right.
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
        """Do nothing: a memory map closes itself."""


def open_photos(
    place: str | Path,
    size: int,
    cache: Path | None = None,
    on_progress: OnProgress | None = None,
) -> PhotoSet:
    """Open photos, wherever they are, cut to squares.

    The first time, all are unpacked into the cache; later only if any picture came, went or
    changed. Of several processes that open the same photos for the first time, one unpacks and
    the others wait. The cache may be deleted at any time; what nobody opened for 90 days is
    removed from it. Pictures that are no use are skipped, see `decoding.decode`.

    Args:
        place: What `open_source` understands: a folder, an archive, an LMDB data set, shards.
        size: Height and width to cut and resize to, in pixels.
        cache: Where unpacked photos are kept; `cache_folder() / "photos"` if not given.
        on_progress: Told after each picture how many are done, and of how many; not called when
            the cache already holds them.

    Raises:
        DataError: There is no such place, or no usable photo in it.
        StorageError: The cache cannot be written.
        MissingExtraError: A package that the place needs is not installed.
    """
    return _open(open_source(place), size, cache, on_progress)


def open_folder(
    folder: Path,
    size: int,
    cache: Path | None = None,
    on_progress: OnProgress | None = None,
) -> PhotoSet:
    """Open the photos below a folder, as `open_photos` does; anything else is refused.

    Raises:
        DataError: There is no such folder, or no usable photo in it.
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
        place = cache / entry_key(source.names, source.fingerprints(cache), size)
        report = on_progress or (lambda done, total: None)
        entry = open_entry(place, size) or _made_entry(place, source, size, report)
    except StorageError as error:
        raise StorageError(f"{error} XDG_CACHE_HOME says where the cache is.") from error
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"The cache {cache} cannot be used: {reason}.") from error
    if entry.skipped:
        logger.warning(
            "Skipped %d of %d pictures in %s.", len(entry.skipped), len(source), source.describe()
        )
    return PhotoSet(pixels=entry.pixels, names=entry.names, skipped=entry.skipped)


def _made_entry(place: Path, source: AbstractSource, size: int, on_progress: OnProgress) -> Entry:
    """Unpack photos into a new entry, or wait for the process that does."""

    def on_wait(bytes_written: int) -> None:
        on_progress(min(bytes_written // (size * size * 3), len(source)), len(source))

    entry, temporary = None, None
    while entry is None and temporary is None:
        temporary = claim(place, on_wait)
        if temporary is not None:
            with new_entry(temporary, place, size):
                if open_entry(place, size) is None:  # else another process was quicker
                    _unpack(temporary, source, size, on_progress)
        entry = open_entry(place, size)
    if entry is None:
        raise DataError(f"The cache entry {place} vanished while it was made; try again.")
    return entry


def _unpack(folder: Path, source: AbstractSource, size: int, on_progress: OnProgress) -> None:
    def unpacked(index: int) -> UInt8[np.ndarray, "size size 3"] | str:
        return decode(source.record(index), size)

    def on_photo(done: int) -> None:
        on_progress(done, len(source))

    decoded = in_threads(unpacked, range(len(source)))
    with storing(folder.parent, folder, wanted=3 * size**2 * len(source)):
        count, skipped = write_entry(folder, source.names, decoded, on_photo)
    if not count:
        raise DataError(
            f"None of the {len(source)} pictures in {source.describe()} can be used; "
            f"the first, {skipped[0].path}, {skipped[0].reason}"
        )
