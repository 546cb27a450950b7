"""Pictures in WebDataset shards: tar archives, local or remote."""

import json
import logging
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader
from itertools import accumulate
from pathlib import Path
from typing import Any

from stylemapgan.data.sources import remote
from stylemapgan.data.sources.abstract import AbstractSource, Record, file_stamp, length_problem
from stylemapgan.data.sources.archives import (
    CUT_SHORT,
    TarMember,
    is_picture_of_sample,
    numbered,
    tar_content,
    tar_members,
)
from stylemapgan.data.sources.locations import expand
from stylemapgan.data.worker_pool import in_threads
from stylemapgan.errors import DataError

logger = logging.getLogger(__name__)

INDEX = "index.json"
"""File beside the shards: `{"shards": {"train-000000.tar": 1000}}`."""


class ShardSource(AbstractSource):
    """The pictures of WebDataset shards, one shard after another.

    Opening reads the headers of all shards; for remote shards of small pictures this takes as
    long as reading everything. `ShardStream` trains without doing so.

    Args:
        shards: Paths, addresses, or patterns as in `locations.expand`.

    Raises:
        DataError: A shard is missing or damaged, or no shard holds pictures.
        MissingExtraError: A package that an address needs is not installed.
    """

    def __init__(self, shards: str | Sequence[str]) -> None:
        self.shards = shards_at(shards)
        self._members: list[list[TarMember]] = []
        for shard in self.shards:
            with open_shard(shard) as file:
                self._members.append(list(_pictures(file, shard)))
        self._ends = list(accumulate(map(len, self._members)))
        if not self._ends[-1]:
            raise no_pictures(self.shards)
        self.names = numbered(
            _record_name(shard, member)
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
        number = bisect_right(self._ends, index)
        within = index - (self._ends[number] - len(self._members[number]))
        shard, member = self.shards[number], self._members[number][within]
        if remote.is_remote(shard):
            return _remote_content(shard, member)
        with open_shard(shard) as file:
            return tar_content(file, member)


def shards_at(locations: str | Sequence[str]) -> tuple[str, ...]:
    """List the shards that one or several locations stand for.

    Raises:
        DataError: There are none.
    """
    given = [locations] if isinstance(locations, str) else locations
    shards = tuple(shard for location in given for shard in expand(location))
    if not shards:
        raise DataError("No shards were given; give paths or addresses of .tar files.")
    return shards


def describe_shards(shards: Sequence[str]) -> str:
    """Name shards in a message."""
    if len(shards) == 1:
        return f"the shards {shards[0]}"
    return f"the shards {shards[0]} to {shards[-1]}"


def no_pictures(shards: Sequence[str]) -> DataError:
    """Make the error for shards without pictures."""
    return DataError(f"There are no pictures in {describe_shards(shards)}.")


def open_shard(shard: str) -> BufferedReader:
    """Open a shard, local or remote, as a seekable file.

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


def read_pictures(shard: str, first: int) -> Iterator[Record]:
    """Read the pictures of a shard one after another, going through its headers once.

    Args:
        shard: Path or address.
        first: Number of pictures to skip.

    Raises:
        DataError: The shard cannot be read, or is damaged.
    """
    with open_shard(shard) as file:
        for index, member in enumerate(_pictures(file, shard)):
            if index >= first:
                found = tar_content(file, member)
                name = _record_name(shard, member)
                is_read = isinstance(found, bytes)
                yield Record(name, found) if is_read else Record(name, b"", found)


def count_pictures(
    shards: Sequence[str], on_progress: Callable[[int, int], None] | None = None
) -> list[int]:
    """Look up how many pictures each shard holds in the index beside it, or count them.

    Counting reads all headers; for remote shards of small pictures this takes almost as long as
    reading everything.

    Args:
        shards: Paths or addresses.
        on_progress: Called with the number of shards done, and of all shards.

    Raises:
        DataError: A shard or an index is damaged or cannot be read.
        MissingExtraError: A package that an address needs is not installed.
    """
    indices = {folder: _read_index(folder) for folder in dict.fromkeys(map(_folder, shards))}
    unknown = sum(remote.base_name(shard) not in indices[_folder(shard)] for shard in shards)
    if unknown:
        logger.info("Counting the pictures of %d shards that are not in %s.", unknown, INDEX)

    def count(shard: str) -> int:
        known = indices[_folder(shard)].get(remote.base_name(shard))
        return _counted(shard) if known is None else known

    counts: list[int] = []
    for found in in_threads(count, shards):
        counts.append(found)
        if on_progress is not None:
            on_progress(len(counts), len(shards))
    return counts


def _pictures(file: BufferedReader, shard: str) -> Iterator[TarMember]:
    return tar_members(file, shard, is_picture_of_sample)


def _record_name(shard: str, member: TarMember) -> str:
    """Tell apart pictures of the same name in different shards."""
    return f"{remote.base_name(shard)}/{member.name}"


def _remote_content(shard: str, member: TarMember) -> bytes | str:
    """Read a member's content with a single request, as `tar_content` does."""
    problem = length_problem(member.length)
    if problem:
        return problem
    found = remote.read_range(shard, member.offset, member.length)
    return found if len(found) == member.length else CUT_SHORT


def _stamp(shard: str) -> str:
    return remote.remote_stamp(shard) if remote.is_remote(shard) else file_stamp(Path(shard))


def _counted(shard: str) -> int:
    with open_shard(shard) as file:
        return sum(1 for _ in _pictures(file, shard))


def _folder(shard: str) -> str:
    """Take the part of a path or an address before the shard's name, with the slash."""
    path = shard.partition("?")[0] if remote.is_remote(shard) else shard
    return path.removesuffix(remote.base_name(shard))


def _read_index(folder: str) -> dict[str, int]:
    index = folder + INDEX
    content = remote.read_if_there(index) if remote.is_remote(index) else _local(Path(index))
    if content is None:
        return {}
    try:
        shards = json.loads(content)["shards"]
        if not all(_is_count(count) for count in shards.values()):
            raise ValueError("a count is not a whole number of at least 0")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{index} is damaged ({error}); delete it to count the shards instead."
        ) from None
    return shards


def _is_count(count: Any) -> bool:
    return isinstance(count, int) and not isinstance(count, bool) and count >= 0


def _local(index: Path) -> bytes | None:
    return index.read_bytes() if index.is_file() else None
