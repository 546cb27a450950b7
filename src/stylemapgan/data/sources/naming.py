"""Which members of an archive are pictures, and what they are called."""

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from stylemapgan.data.photo_folder import SUFFIXES

RESOURCE_FORKS = "__MACOSX"
"""Where macOS puts files that look like pictures and are none."""


def is_picture(member: str) -> bool:
    """Tell whether a member of an archive is a picture, and neither it nor its folder hidden."""
    path = PurePosixPath(member)
    return path.suffix.lower() in SUFFIXES and not _is_hidden(path)


def is_picture_of_sample(member: str) -> bool:
    """Tell whether a member of a WebDataset shard is its sample's picture.

    The name of a sample ends at the first dot, and what follows says what the member is:
    `a/17.jpg` is the picture of sample `a/17`, and `a/17.mask.png` is something else about it.
    """
    path = PurePosixPath(member)
    _, dot, kind = path.name.partition(".")
    return dot + kind.lower() in SUFFIXES and not _is_hidden(path)


def tidy(member: str) -> str:
    """Drop what says nothing: `./a//b.png` becomes `a/b.png`."""
    return PurePosixPath(member).as_posix()


def unlike(names: Iterable[str]) -> tuple[str, ...]:
    """Number names that come again, for archives may hold several files of one name."""
    seen: Counter[str] = Counter()
    different: list[str] = []
    for name in names:
        seen[name] += 1
        different.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(different)


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part.startswith(".") or part == RESOURCE_FORKS for part in path.parts)
