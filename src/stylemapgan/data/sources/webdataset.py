"""Pictures in WebDataset shards: tar archives that are read in order, from here or from afar."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader
from itertools import accumulate
from pathlib import Path

from stylemapgan.data.sources import remote, tar
from stylemapgan.data.sources.abstract import AbstractSource, Record, length_problem, stamp
from stylemapgan.data.sources.locations import expand
from stylemapgan.data.sources.naming import is_picture_of_sample, unlike
from stylemapgan.errors import DataError


class ShardSource(AbstractSource):
    """The pictures of WebDataset shards, one shard after another.

    Which pictures there are is read from the headers once: at the cost of reading them whole
    where shards are remote and pictures small. `data.stream` trains without that.

    Args:
        shards: Paths or addresses, or patterns that `places.expand` understands.
        on_progress: Told after each shard how many are looked through, and of how many.

    Raises:
        DataError: A shard is missing or damaged, or there is no picture in any.
        MissingExtraError: A package that an address needs is not installed.
    """

    def __init__(
        self,
        shards: str | Sequence[str],
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.shards = shards_at(shards)
        self._members: list[list[tar.Member]] = []
        for done, shard in enumerate(self.shards, start=1):
            with open_shard(shard) as file:
                self._members.append(list(pictures(file, shard)))
            if on_progress is not None:
                on_progress(done, len(self.shards))
        self._ends = list(accumulate(map(len, self._members)))
        if not self._ends[-1]:
            raise DataError(f"There are no pictures in {self.describe()}.")
        self.names = unlike(
            record_name(shard, member)
            for shard, members in zip(self.shards, self._members, strict=True)
            for member in members
        )

    def describe(self) -> str:
        return describe_shards(self.shards)

    def fingerprints(self, memory: Path) -> list[str]:
        return [
            mark
            for shard, members in zip(self.shards, self._members, strict=True)
            for mark in [_stamp(shard)] * len(members)
        ]

    def _load(self, index: int) -> bytes | str:
        number, place = self._find(index)
        shard, member = self.shards[number], self._members[number][place]
        if remote.is_remote(shard):
            return _far_content(shard, member)
        with open_shard(shard) as file:
            return tar.content(file, member)

    def _load_from(self, start: int) -> Iterator[bytes | str]:
        shard, first = self._find(start) if start < len(self) else (len(self.shards), 0)
        for place, members in zip(self.shards[shard:], self._members[shard:], strict=True):
            with open_shard(place) as file:
                for member in members[first:]:
                    yield tar.content(file, member)
            first = 0

    def _find(self, index: int) -> tuple[int, int]:
        """Number of the shard, and of the picture within it."""
        shard = bisect_right(self._ends, index)
        return shard, index - (self._ends[shard] - len(self._members[shard]))


def shards_at(places: str | Sequence[str]) -> tuple[str, ...]:
    """List the shards that one or several places stand for.

    Raises:
        DataError: There are none.
    """
    written = [places] if isinstance(places, str) else places
    shards = tuple(shard for place in written for shard in expand(place))
    if not shards:
        raise DataError("No shards were given; give paths or addresses of .tar files.")
    return shards


def describe_shards(shards: Sequence[str]) -> str:
    """Name shards in a message."""
    if len(shards) == 1:
        return f"the shards {shards[0]}"
    return f"the shards {shards[0]} to {shards[-1]}"


def open_shard(shard: str) -> BufferedReader:
    """Open a shard, near or far, to read from anywhere in it.

    Raises:
        DataError: It cannot be opened.
        MissingExtraError: A package that its address needs is not installed.
    """
    if remote.is_remote(shard):
        return remote.open_remote(shard)
    try:
        return Path(shard).open("rb")
    except OSError as error:
        raise DataError(f"The shard {shard} cannot be read: {error.strerror}.") from None


def pictures(file: BufferedReader, shard: str) -> Iterator[tar.Member]:
    """Walk through the samples' pictures in a shard.

    Raises:
        DataError: The shard is damaged or compressed.
    """
    return tar.members(file, shard, is_picture_of_sample)


def read_pictures(shard: str, first: int) -> Iterator[Record]:
    """Read the pictures of a shard one after another, with a single walk through its headers.

    Args:
        shard: Path or address.
        first: How many pictures to pass over.

    Raises:
        DataError: The shard cannot be read, or is damaged.
    """
    with open_shard(shard) as file:
        for index, member in enumerate(pictures(file, shard)):
            if index >= first:
                found = tar.content(file, member)
                name = record_name(shard, member)
                is_read = isinstance(found, bytes)
                yield Record(name, found) if is_read else Record(name, b"", found)


def record_name(shard: str, member: tar.Member) -> str:
    """Tell a picture from those of the same name in other shards."""
    return f"{remote.base_name(shard)}/{member.name}"


def _far_content(shard: str, member: tar.Member) -> bytes | str:
    """Do as `tar.content` with a single request."""
    problem = length_problem(member.length)
    if problem:
        return problem
    found = remote.read_range(shard, member.offset, member.length)
    return found if len(found) == member.length else tar.CUT_SHORT


def _stamp(shard: str) -> str:
    return remote.stamp(shard) if remote.is_remote(shard) else stamp(Path(shard))
