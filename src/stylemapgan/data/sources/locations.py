"""From the way people write many shards to the shards' addresses."""

import glob
import re
from pathlib import Path

from stylemapgan.data.sources import remote
from stylemapgan.errors import DataError

BETWEEN = "::"
"""Stands between places in a list, as in WebDataset."""
MOST_SHARDS = 1_000_000
"""More in one pair of braces is a slip of the keyboard."""

BRACES = re.compile(r"\{([^{}]*(?:,|\.\.)[^{}]*)\}")
RANGE = re.compile(r"(\d+)\.\.(\d+)")


def is_pattern(place: str) -> bool:
    """Tell whether a place is written as several: a list, a range in braces or a glob."""
    return BETWEEN in place or BRACES.search(place) is not None or _is_glob(place)


def expand(place: str) -> list[str]:
    """List the shards that a place stands for, in the order in which it names them.

    `a::b` are two, `s-{00..11}.tar` twelve, `{train,val}.tar` two; `*`, `?` and `[...]` stand
    for all that is there, sorted. In addresses only `*` does, for `?` begins their query.

    Raises:
        DataError: A range is empty, or nothing is there that a glob stands for.
    """
    shards: list[str] = []
    for part in place.split(BETWEEN):
        for text in _expand_braces(part):
            found = _matches(text) if _is_glob(text) else [text]
            if not found:
                raise DataError(f"There are no shards at {text}.")
            shards += found
    return shards


def absolute(place: str) -> str:
    """Write a place so that it means the same from any working folder."""
    return BETWEEN.join(
        part if remote.is_remote(part) else str(Path(part).absolute())
        for part in place.split(BETWEEN)
    )


def _expand_braces(text: str) -> list[str]:
    braces = BRACES.search(text)
    if braces is None:
        return [text]
    before, after = text[: braces.start()], text[braces.end() :]
    return [
        before + option + rest
        for option in _options(braces.group(1), text)
        for rest in _expand_braces(after)
    ]


def _options(inside: str, text: str) -> list[str]:
    limits = RANGE.fullmatch(inside)
    if limits is None:
        return inside.split(",")
    first, last = limits.groups()
    if not 0 <= int(last) - int(first) < MOST_SHARDS:
        raise DataError(f"{text}: the range {{{inside}}} holds no shards, or far too many.")
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]


def _is_glob(place: str) -> bool:
    return "*" in place or (not remote.is_remote(place) and re.search(r"[?[]", place) is not None)


def _matches(pattern: str) -> list[str]:
    return remote.matches(pattern) if remote.is_remote(pattern) else sorted(glob.glob(pattern))  # noqa: PTH207 - keeps the pattern's own way of writing the folder
