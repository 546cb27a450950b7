"""The order in which one process reads shards, and the reader that follows it.

Each epoch shuffles all shards and deals them out to the processes. A process reads its own shards
and then starts its next epoch without waiting for the others, so where shards differ in length,
epochs end earlier for some processes. Within an epoch, windows of consecutive pictures are
shuffled, which limits memory to two windows.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from jaxtyping import Int64

from stylemapgan.data.sources import Record
from stylemapgan.data.sources.webdataset import read_pictures
from stylemapgan.errors import DataError
from stylemapgan.types import Share

SHARDS, PICTURES = 1, 2
"""Streams of random numbers for the two shuffles."""


@dataclass(frozen=True)
class Window:
    """Consecutive pictures of a process's epoch, shuffled together."""

    epoch: int
    start: int
    """Number of the epoch's pictures before this window."""
    length: int


class ShardOrder:
    """Position of a process's n-th picture, as a pure function.

    Args:
        counts: Pictures in each shard, at least one.
        share: Which process of how many.
        seed: Determines the order.
        window: Pictures shuffled together.

    Raises:
        DataError: There are fewer shards than processes.
    """

    def __init__(self, counts: Sequence[int], share: Share, seed: int, window: int) -> None:
        if len(counts) < share.count:
            raise DataError(
                f"{len(counts)} shards are too few for {share.count} processes, which need one "
                "each; make more shards or use fewer processes."
            )
        self._counts = np.asarray(counts, dtype=np.int64)
        self._share = share
        self._seed = seed
        self._window = window
        self._epoch_starts = [0]
        self.shards = lru_cache(maxsize=4)(self._shards)

    def window_at(self, position: int) -> tuple[Window, int]:
        """Find the window that holds a position, and the offset in it.

        Args:
            position: Number of pictures that this process has used before.
        """
        while position >= self._epoch_starts[-1]:
            epoch = len(self._epoch_starts) - 1
            self._epoch_starts.append(self._epoch_starts[-1] + self._length(epoch))
        epoch = bisect_right(self._epoch_starts, position) - 1
        within = position - self._epoch_starts[epoch]
        return self._window_from(epoch, within - within % self._window), within % self._window

    def following(self, window: Window) -> Window:
        """Return the next window."""
        end = window.start + window.length
        if end < self._length(window.epoch):
            return self._window_from(window.epoch, end)
        return self._window_from(window.epoch + 1, 0)

    def permutation(self, window: Window) -> Int64[np.ndarray, "length"]:
        """Shuffle the pictures of a window."""
        entropy = (self._seed, window.epoch, PICTURES, self._share.index, window.start)
        return np.random.default_rng(entropy).permutation(window.length)

    def _shards(self, epoch: int) -> list[int]:
        """List the shards of this process in an epoch, in its order."""
        order = np.random.default_rng((self._seed, epoch, SHARDS)).permutation(len(self._counts))
        return order[self._share.rows].tolist()

    def _length(self, epoch: int) -> int:
        return int(self._counts[self.shards(epoch)].sum())

    def _window_from(self, epoch: int, start: int) -> Window:
        return Window(epoch, start, min(self._window, self._length(epoch) - start))


class WindowReader:
    """Keeps the current window in memory, and reads the next one in the background.

    Consecutive windows are read in one pass; for any other window, its first shard is read from
    the start.

    Args:
        shards: Paths or addresses.
        counts: Pictures in each.
        order: Of shards and pictures.
    """

    def __init__(self, shards: Sequence[str], counts: Sequence[int], order: ShardOrder) -> None:
        self.order = order
        self._shards = shards
        self._counts = counts
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="shards")
        self._is_closed = False
        self._kept: dict[Window, Future[list[Record]]] = {}
        self._records: Iterator[Record] = iter(())
        self._stands_at: tuple[int, int] | None = None

    @property
    def buffered(self) -> int:
        """Count the pictures in memory or being read."""
        return sum(window.length for window in self._kept)

    def window(self, window: Window) -> list[Record]:
        """Return the pictures of a window, shuffled.

        Raises:
            DataError: A shard cannot be read, or holds fewer pictures than it should.
        """
        wanted = (window, self.order.following(window))
        for old in set(self._kept).difference(wanted):
            self._kept.pop(old).cancel()
        for each in wanted:
            if each not in self._kept:
                self._kept[each] = self._thread.submit(self._read, each)
        try:
            return self._kept[window].result()
        except DataError:
            self._kept.clear()  # the next call tries again
            raise

    def close(self) -> None:
        """Stop reading."""
        self._is_closed = True
        self._thread.shutdown(cancel_futures=True)

    def _read(self, window: Window) -> list[Record]:
        """Read a window; runs in the background thread only."""
        if self._stands_at != (window.epoch, window.start):
            self._records = self._records_from(window.epoch, window.start)
        self._stands_at = None
        records = list(islice(self._records, window.length))
        self._stands_at = (window.epoch, window.start + window.length)
        return [records[index] for index in self.order.permutation(window)]

    def _records_from(self, epoch: int, start: int) -> Iterator[Record]:
        for shard in self.order.shards(epoch):
            count = self._counts[shard]
            if start < count:
                yield from self._records_of(shard, start)
            start = max(start - count, 0)

    def _records_of(self, shard: int, first: int) -> Iterator[Record]:
        missing = self._counts[shard] - first
        for record in islice(read_pictures(self._shards[shard], first), missing):
            if self._is_closed:
                raise DataError("Reading was stopped.")
            yield record
            missing -= 1
        if missing:
            count = self._counts[shard]
            raise DataError(
                f"The shard {self._shards[shard]} holds {count - missing} pictures instead of "
                f"{count}: it has changed, or the index.json beside it belongs to other shards."
            )
