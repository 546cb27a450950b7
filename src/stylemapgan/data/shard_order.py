"""The order in which one process goes through shards, as pure functions of a position.

An epoch permutes all shards and deals them out to the processes like cards. Each process goes
through its own shards and then begins its next epoch: it waits for no other, so where shards
differ in length, epochs end earlier for some processes than for others. Within an epoch, windows
of consecutive pictures are shuffled each for itself; that bounds what must be in memory.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Int64

from stylemapgan.errors import DataError
from stylemapgan.types import Share

SHARDS, PICTURES = 1, 2
"""Keep the random numbers of the two shuffles apart."""


@dataclass(frozen=True)
class Window:
    """Consecutive pictures of a process's epoch, shuffled together."""

    epoch: int
    start: int
    """Pictures of the epoch before this window."""
    length: int


class ShardOrder:
    """Where a process finds its n-th picture.

    Args:
        counts: Pictures in each shard, at least one.
        share: Which process of how many.
        seed: Decides the order.
        window: Pictures shuffled together.

    Raises:
        DataError: There are fewer shards than processes.
    """

    def __init__(self, counts: Sequence[int], share: Share, seed: int, window: int) -> None:
        if len(counts) < share.count:
            raise DataError(
                f"{len(counts)} shards cannot be shared by {share.count} processes, for each "
                "needs one of its own: make more shards, or use fewer processes."
            )
        self._counts = np.asarray(counts, dtype=np.int64)
        self._share = share
        self._seed = seed
        self._window = window
        self._epoch_starts = [0]
        self.shards = lru_cache(maxsize=4)(self._shards)

    def window_at(self, position: int) -> tuple[Window, int]:
        """Find the window that holds a position, and the place within it.

        Args:
            position: Pictures that this process has used before.
        """
        while position >= self._epoch_starts[-1]:
            epoch = len(self._epoch_starts) - 1
            self._epoch_starts.append(self._epoch_starts[-1] + self._length(epoch))
        epoch = bisect_right(self._epoch_starts, position) - 1
        within = position - self._epoch_starts[epoch]
        return self._window_from(epoch, within - within % self._window), within % self._window

    def following(self, window: Window) -> Window:
        """Say which window comes next."""
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
