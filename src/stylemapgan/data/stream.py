"""Photos from shards that are never all on this machine."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from stylemapgan.data.abstract import AbstractPhotos
from stylemapgan.data.cache import Skipped
from stylemapgan.data.decoding import decode
from stylemapgan.data.photo_order import spread_rows
from stylemapgan.data.shard_counts import count_pictures
from stylemapgan.data.shard_order import ShardOrder
from stylemapgan.data.sources import Record
from stylemapgan.data.sources.webdataset import describe_shards, read_pictures, shards_at
from stylemapgan.data.windows import WindowReader
from stylemapgan.errors import DataError
from stylemapgan.images import from_bytes
from stylemapgan.types import Share

WINDOW = 2_048
"""Pictures shuffled together. Two windows of encoded pictures are in memory at a time."""
MOST_THREADS = 8
"""Unpacking with more is no quicker, and other work needs cores too."""


class ShardStream(AbstractPhotos):
    """Photos in WebDataset shards, read in order as training goes on.

    Each process reads shards of its own, see `shard_order`. A picture that is no use is listed
    in `skipped` and replaced by the next good one of its window, so that what a batch holds
    still follows from its arguments alone. Batches may be asked for in any order; one after
    another is quick. A process asks for its whole share and divides that itself if it must,
    for another share means other shards.

    Args:
        place: Shards, as `ShardSource` takes them; a folder stands for the .tar files in it.
        size: Height and width to cut and resize to, in pixels.
        window: Pictures shuffled together; more shuffle better and need more memory.
        on_progress: Told how many shards are counted, and of how many.

    Raises:
        DataError: A shard is missing or damaged, or there is no picture in any.
        MissingExtraError: A package that an address needs is not installed.
    """

    def __init__(
        self,
        place: str | Sequence[str],
        size: int,
        window: int = WINDOW,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        if size < 1 or window < 1:
            raise DataError(
                f"Size and window must be at least 1, got a size of {size} pixels and a window "
                f"of {window} pictures."
            )
        shards = shards_at(_in_folder(place))
        counts = count_pictures(shards, on_progress)
        filled = [shard for shard, count in zip(shards, counts, strict=True) if count]
        if not filled:
            raise DataError(f"There are no pictures in {describe_shards(shards)}.")
        self.skipped = ()
        self._size = size
        self._window = window
        self._shards = filled
        self._counts = [count for count in counts if count]
        self._threads = ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS))
        self._listing = threading.Lock()
        self._reader: tuple[Share, int, WindowReader] | None = None

    @property
    def size(self) -> int:
        return self._size

    @property
    def buffered(self) -> int:
        """Count the encoded pictures in memory, or on their way there."""
        return self._reader[2].buffered if self._reader else 0

    def __len__(self) -> int:
        return sum(self._counts)

    def batch(
        self, images_seen: int, batch: int, share: Share, seed: int
    ) -> Float32[np.ndarray, "rows 3 size size"]:
        """Copy out a share of the batch that starts after so many images.

        Raises:
            DataError: The batch or the shards cannot be shared by so many processes, a shard
                cannot be read, or no picture near this place is any use.
        """
        if batch % share.count:
            raise DataError(
                f"A batch of {batch} images cannot be shared evenly by {share.count} processes."
            )
        reader = self._reader_for(share, seed)
        first, rows = len(range(images_seen)[share.rows]), batch // share.count
        windows, places = [], []
        for position in range(first, first + rows):
            window, place = reader.order.window_at(position)
            windows.append(reader.window(window))
            places.append(place)
        return from_bytes(np.stack(list(self._threads.map(self._usable, windows, places))))

    def spread(self, most: int, rows: int) -> Iterator[Float32[np.ndarray, "rows 3 size size"]]:
        """Copy out the first photos of shards spread evenly over all, a few at a time.

        Each call reads the beginnings of up to `most` shards anew.
        """
        photos = self._spread_out(min(len(self), most))
        while batch := list(islice(photos, rows)):
            yield from_bytes(np.stack(batch))

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        if self._reader:
            self._reader[2].close()

    def _reader_for(self, share: Share, seed: int) -> WindowReader:
        if self._reader is None or self._reader[:2] != (share, seed):
            order = ShardOrder(self._counts, share, seed, self._window)
            if self._reader is not None:
                self._reader[2].close()
            self._reader = (share, seed, WindowReader(self._shards, self._counts, order))
        return self._reader[2]

    def _usable(self, window: Sequence[Record], place: int) -> UInt8[np.ndarray, "size size 3"]:
        """Unpack the picture at a place of a window, or the first good one after it."""
        for step in range(len(window)):
            photo = self._unpacked(window[(place + step) % len(window)])
            if photo is not None:
                return photo
        raise DataError(
            f"None of {len(window)} pictures can be used; the first, {self.skipped[0].path}, "
            f"{self.skipped[0].reason}"
        )

    def _usable_of(self, shard: str) -> Iterator[UInt8[np.ndarray, "size size 3"]]:
        photos = map(self._unpacked, read_pictures(shard, first=0))
        return (photo for photo in photos if photo is not None)

    def _spread_out(self, count: int) -> Iterator[UInt8[np.ndarray, "size size 3"]]:
        """Read the first photos of shards spread evenly over all; at least one, at most `count`."""
        shards = spread_rows(len(self._shards), count)
        ends = np.linspace(0, count, len(shards) + 1).round().astype(int)
        found = 0
        for shard, share in zip(shards, np.diff(ends), strict=True):
            for photo in islice(self._usable_of(self._shards[shard]), share):
                found += 1
                yield photo
        if not found:
            raise DataError(
                f"None of the pictures looked at in {describe_shards(self._shards)} can be used."
            )

    def _unpacked(self, record: Record) -> UInt8[np.ndarray, "size size 3"] | None:
        photo = decode(record, self._size)
        if not isinstance(photo, str):
            return photo
        with self._listing:
            found = Skipped(record.name, photo)
            if found not in self.skipped:
                self.skipped = (*self.skipped, found)
        return None


def _in_folder(place: str | Sequence[str]) -> str | Sequence[str]:
    if isinstance(place, str) and Path(place).is_dir():
        return str(Path(place) / "*.tar")
    return place
