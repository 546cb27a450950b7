"""What prepared pictures are called: as before, as far as every system can bear it."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from stylemapgan.data.photo_folder import SUFFIXES

FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\ud800-\udfff]')
"""What some file system refuses, and bytes of a name that are no text."""
LONGEST_PART = 100
"""Bytes of a folder's or a file's name; file systems take 255, and suffixes are to come."""
LONGEST_NAME = 400
"""Bytes of a whole name."""


def safe_names(names: Iterable[str], suffix: str) -> list[str]:
    """Give each picture a name with this suffix that any file system and any archive takes.

    All results differ, even where upper and lower case count as one. The suffix begins at the
    only dot after the last slash, for in a WebDataset shard a sample's name ends at the first.
    """
    names = list(names)
    wanted = [_safe(name) for name in names]
    taken = {_sameness(str(folder)) for name in wanted for folder in PurePosixPath(name).parents}
    different: list[str] = []
    for name, safe in zip(names, wanted, strict=True):
        is_free = _sameness(safe + suffix) not in taken
        different.append((safe if is_free else f"{safe}-{_digest(name)}") + suffix)
        taken.add(_sameness(different[-1]))
    return different


def _safe(name: str) -> str:
    path = PurePosixPath(name)
    stem = path.stem if path.suffix.lower() in SUFFIXES else path.name
    folders = [_safe_part(part) for part in path.parent.parts if part != "/"]
    parts = [*folders, _safe_part(stem.replace(".", "_"))]
    safe = "/".join(parts)
    if len(safe.encode()) > LONGEST_NAME:
        return f"{parts[0]}/{_digest(name)}-{parts[-1]}"
    return safe


def _safe_part(part: str) -> str:
    safe = re.sub(r"^\.+|[. ]+$", "_", FORBIDDEN.sub("_", part))
    encoded = safe.encode()
    if len(encoded) <= LONGEST_PART:
        return safe
    return f"{encoded[: LONGEST_PART - 9].decode('utf-8', 'ignore')}-{_digest(part)}"


def _sameness(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
