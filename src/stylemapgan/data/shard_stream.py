"""Photos streamed from shards, which need not fit on this machine."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from stylemapgan.data.abstract import AbstractPhotos, Skipped
from stylemapgan.data.photo_order import spread_rows
from stylemapgan.data.shard_windows import ShardOrder, WindowReader
from stylemapgan.data.sources import Record, decode
from stylemapgan.data.sources.webdataset import (
    count_pictures,
    describe_shards,
    no_pictures,
    read_pictures,
    shards_at,
)
from stylemapgan.errors import DataError
from stylemapgan.images import from_bytes
from stylemapgan.types import Share

WINDOW = 2_048
"""Pictures shuffled together; memory holds two windows of encoded pictures."""
MOST_THREADS = 8
"""Decoding with more is no faster, and other work needs cores too."""


class ShardStream(AbstractPhotos):
    """Photos in WebDataset shards, read in order during training.

    Each process reads its own shards, see `shard_windows`. An unusable picture is listed in
    `skipped` and replaced by the next usable one of its window, so that a batch still depends on
    its arguments alone. Batches may be read in any order; consecutive ones are fast. A process
    should read its whole share and divide that itself, because another share means other shards.

    Args:
        location: Shards, as for `ShardSource`; a folder stands for the .tar files in it.
        size: Height and width to cut and resize to, in pixels.
        window: Pictures shuffled together; more shuffle better and need more memory.
        on_progress: Called with the number of shards counted, and of all shards.

    Raises:
        DataError: A shard is missing or damaged, or no shard holds pictures.
        MissingExtraError: A package that an address needs is not installed.
    """

    def __init__(
        self,
        location: str | Sequence[str],
        size: int,
        window: int = WINDOW,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        if size < 1 or window < 1:
            raise DataError(
                f"Size and window must be at least 1, got a size of {size} pixels and a window "
                f"of {window} pictures."
            )
        shards = shards_at(_in_folder(location))
        counts = count_pictures(shards, on_progress)
        filled = [shard for shard, count in zip(shards, counts, strict=True) if count]
        if not filled:
            raise no_pictures(shards)
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
        """Count the encoded pictures in memory or being read."""
        return self._reader[2].buffered if self._reader else 0

    def __len__(self) -> int:
        return sum(self._counts)

    def batch(
        self, images_seen: int, batch: int, share: Share, seed: int
    ) -> Float32[np.ndarray, "rows 3 size size"]:
        """Copy out a share of one batch.

        Raises:
            DataError: The batch or the shards cannot be divided among the processes, a shard
                cannot be read, or a window holds no usable picture.
        """
        if batch % share.count:
            raise DataError(
                f"A batch of {batch} images cannot be divided evenly among {share.count} "
                "processes; choose a multiple."
            )
        reader = self._reader_for(share, seed)
        first, rows = len(range(images_seen)[share.rows]), batch // share.count
        windows, offsets = [], []
        for position in range(first, first + rows):
            window, offset = reader.order.window_at(position)
            windows.append(reader.window(window))
            offsets.append(offset)
        return from_bytes(np.stack(list(self._threads.map(self._usable, windows, offsets))))

    def spread(self, most: int, rows: int) -> Iterator[Float32[np.ndarray, "rows 3 size size"]]:
        """Copy out the first photos of shards spread evenly over all, a few at a time.

        Each call reads the beginnings of up to `most` shards again.
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

    def _usable(self, window: Sequence[Record], offset: int) -> UInt8[np.ndarray, "size size 3"]:
        """Decode a window's picture, or the first usable one after it."""
        for step in range(len(window)):
            photo = self._decoded(window[(offset + step) % len(window)])
            if photo is not None:
                return photo
        raise DataError(
            f"None of {len(window)} pictures can be used; the first, {self.skipped[0].path}, "
            f"{self.skipped[0].reason}"
        )

    def _usable_of(self, shard: str) -> Iterator[UInt8[np.ndarray, "size size 3"]]:
        photos = map(self._decoded, read_pictures(shard, first=0))
        return (photo for photo in photos if photo is not None)

    def _spread_out(self, count: int) -> Iterator[UInt8[np.ndarray, "size size 3"]]:
        """Read the first photos of evenly spread shards: at least one, at most `count`."""
        shards = spread_rows(len(self._shards), count)
        ends = np.linspace(0, count, len(shards) + 1).round().astype(int)
        found = 0
        for shard, share in zip(shards, np.diff(ends), strict=True):
            for photo in islice(self._usable_of(self._shards[shard]), share):
                found += 1
                yield photo
        if not found:
            raise DataError(
                f"None of the first pictures in {describe_shards(self._shards)} can be used."
            )

    def _decoded(self, record: Record) -> UInt8[np.ndarray, "size size 3"] | None:
        photo = decode(record, self._size)
        if not isinstance(photo, str):
            return photo
        with self._listing:
            found = Skipped(record.name, photo)
            if found not in self.skipped:
                self.skipped = (*self.skipped, found)
        return None


def _in_folder(location: str | Sequence[str]) -> str | Sequence[str]:
    if isinstance(location, str) and Path(location).is_dir():
        return str(Path(location) / "*.tar")
    return location
