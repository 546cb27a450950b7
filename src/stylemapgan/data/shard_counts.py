"""How many pictures each shard holds."""

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stylemapgan.data.photo_folder import in_threads
from stylemapgan.data.sources import remote
from stylemapgan.data.sources.webdataset import open_shard, pictures
from stylemapgan.errors import DataError

logger = logging.getLogger(__name__)

INDEX = "index.json"
"""Beside the shards: `{"shards": {"train-000000.tar": 1000}}`."""


def count_pictures(
    shards: Sequence[str], on_progress: Callable[[int, int], None] | None = None
) -> list[int]:
    """Look up the pictures of each shard in the index beside it, or else count them.

    Counting walks through all headers, which takes nearly as long as reading the shards where
    they are remote and pictures small.

    Args:
        shards: Paths or addresses.
        on_progress: Told how many shards are done, and of how many.

    Raises:
        DataError: A shard cannot be read or is damaged, or an index is.
        MissingExtraError: A package that an address needs is not installed.
    """
    indices = {folder: _read_index(folder) for folder in dict.fromkeys(map(_folder, shards))}
    unknown = sum(remote.base_name(shard) not in indices[_folder(shard)] for shard in shards)
    if unknown:
        logger.info("Counting the pictures of %d shards that no %s names.", unknown, INDEX)

    def count(shard: str) -> int:
        known = indices[_folder(shard)].get(remote.base_name(shard))
        return _counted(shard) if known is None else known

    counts: list[int] = []
    for found in in_threads(count, shards):
        counts.append(found)
        if on_progress is not None:
            on_progress(len(counts), len(shards))
    return counts


def _counted(shard: str) -> int:
    with open_shard(shard) as file:
        return sum(1 for _ in pictures(file, shard))


def _folder(shard: str) -> str:
    """The part of a path or an address before the shard's name, with the slash."""
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
            raise ValueError("a count is no whole number of at least 0")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{index} is damaged ({error}); delete it, and the shards are counted instead."
        ) from None
    return shards


def _is_count(count: Any) -> bool:
    return isinstance(count, int) and not isinstance(count, bool) and count >= 0


def _local(index: Path) -> bytes | None:
    return index.read_bytes() if index.is_file() else None
