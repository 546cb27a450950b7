"""Windows of encoded pictures, read ahead of their use."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from stylemapgan.data.shard_order import ShardOrder, Window
from stylemapgan.data.sources import Record
from stylemapgan.data.sources.webdataset import read_pictures
from stylemapgan.errors import DataError


class WindowReader:
    """Keeps the window in use and the one after it in memory; the latter is read meanwhile.

    Windows that follow each other are read in one go; for any other the reader begins again at
    the start of its first shard.

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
        """Count the pictures in memory, or on their way there."""
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
            self._kept.clear()  # whoever asks again makes a new attempt
            raise

    def close(self) -> None:
        """Stop reading."""
        self._is_closed = True
        self._thread.shutdown(cancel_futures=True)

    def _read(self, window: Window) -> list[Record]:
        """Run in the background thread, which alone moves through the shards."""
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
                f"The shard {self._shards[shard]} holds {count - missing} pictures and should hold "
                f"{count}: it changed, or the index.json beside it is of other shards."
            )
