"""Expand patterns to the paths and addresses of shards."""

import glob
import re
from pathlib import Path

from stylemapgan.data.sources import remote
from stylemapgan.errors import DataError

SEPARATOR = "::"
"""Separates locations in a list, as in WebDataset."""
MOST_SHARDS = 1_000_000
"""More shards in one pair of braces are refused as a typing mistake."""

BRACES = re.compile(r"\{([^{}]*(?:,|\.\.)[^{}]*)\}")
RANGE = re.compile(r"(\d+)\.\.(\d+)")


def is_pattern(location: str) -> bool:
    """Whether a location stands for several: a list, a range in braces or a glob."""
    return SEPARATOR in location or BRACES.search(location) is not None or _is_glob(location)


def expand(location: str) -> list[str]:
    """List the shards that a location stands for, in the order in which it names them.

    `a::b` are two shards, `s-{00..11}.tar` twelve, `{train,val}.tar` two; `*`, `?` and `[...]`
    match existing files, sorted. In addresses only `*` does, because `?` begins their query.

    Raises:
        DataError: A range is empty or too large, or a glob matches nothing.
    """
    shards: list[str] = []
    for part in location.split(SEPARATOR):
        for text in _expand_braces(part):
            found = _matches(text) if _is_glob(text) else [text]
            if not found:
                raise DataError(f"{text} matches no shards.")
            shards += found
    return shards


def absolute(location: str) -> str:
    """Rewrite a location so that it is the same from any working folder."""
    return SEPARATOR.join(
        part if remote.is_remote(part) else str(Path(part).absolute())
        for part in location.split(SEPARATOR)
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
        raise DataError(
            f"{text}: the range {{{inside}}} holds no shards, or more than {MOST_SHARDS:,}."
        )
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]


def _is_glob(location: str) -> bool:
    is_local = not remote.is_remote(location)
    return "*" in location or (is_local and re.search(r"[?[]", location) is not None)


def _matches(pattern: str) -> list[str]:
    return remote.matches(pattern) if remote.is_remote(pattern) else sorted(glob.glob(pattern))  # noqa: PTH207 - keeps the folder as it is written
