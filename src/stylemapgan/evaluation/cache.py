"""Features that were computed once stay on disk, so that a second evaluation is fast.

An entry is named after everything it is made from. The folder may be deleted at any time.
"""

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stylemapgan.checkpoints.file import SUFFIX, read_tensors, write_tensors
from stylemapgan.config.user_folders import cache_folder
from stylemapgan.data import PhotoSet
from stylemapgan.data.photo_cache import last_change
from stylemapgan.errors import CheckpointError, StorageError

logger = logging.getLogger(__name__)

FORMAT = 1
"""Goes up when entries are stored differently, so that older ones are not found."""
MOST_BYTES = 2**31
"""Of all entries together; those not used for the longest time are removed."""
ENTRY_NAME = re.compile(r"[0-9a-f]{64}" + re.escape(SUFFIX))
"""What this module may remove: the folder may hold other things too."""
PHOTOS_AT_ONCE = 256


@dataclass(frozen=True)
class FeatureCache:
    """Arrays on disk, found by what they are made from.

    Several processes may use it: an entry appears whole or not at all, and two that make the same
    entry make equal ones.
    """

    folder: Path | None = None
    """Where entries are; the user's cache folder if None."""

    @property
    def place(self) -> Path:
        """Where entries are."""
        return self.folder or cache_folder() / "features"

    def features(
        self, key_parts: Mapping[str, str | int], make: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """Read an entry, or make and keep it.

        Args:
            key_parts: Everything the array depends on, by name; the order does not matter.
            make: Computes the array; called only if there is no entry, or a damaged one.
        """
        told = json.dumps({"format": FORMAT, **key_parts}, sort_keys=True)
        path = self.place / (hashlib.sha256(told.encode()).hexdigest() + SUFFIX)
        found = _read(path)
        if found is None:
            found = make()
            _write(path, found, told)
        return found


def photos_key(photos: PhotoSet) -> str:
    """Name photos after their pixels: other names, the same key."""
    digest = hashlib.sha256(str(photos.pixels.shape).encode())
    for start in range(0, len(photos), PHOTOS_AT_ONCE):
        digest.update(photos.pixels[start : start + PHOTOS_AT_ONCE].tobytes())
    return digest.hexdigest()


def _read(path: Path) -> np.ndarray | None:
    """Read an entry; None if there is none, or one that something damaged."""
    if not path.is_file():
        return None
    try:
        tensors, told = read_tensors(path, "features", MOST_BYTES)
        features = tensors["features"]
        if told["sha256"] != _checksum(features):
            raise CheckpointError("its numbers are not those that were written")
    except (CheckpointError, KeyError) as error:
        logger.warning("The cache entry %s is damaged and made anew: %s", path, error)
        return None
    _remember_use(path)
    return features


def _write(path: Path, features: np.ndarray, told: str) -> None:
    """Keep an entry; where that cannot be, the features are merely made again next time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        words = {"made-from": told, "sha256": _checksum(features)}
        write_tensors(path, "features", {"features": features}, words)
        _tidy(path)
    except (CheckpointError, StorageError, OSError) as error:
        logger.warning("Features are not kept for the next time: %s", error)


def _checksum(features: np.ndarray) -> str:
    return hashlib.sha256(features.tobytes()).hexdigest()


def _remember_use(path: Path) -> None:
    try:
        os.utime(path)
    except OSError as error:  # of somebody else, or on a disk that cannot be written to
        logger.debug("The use of %s cannot be remembered: %s", path, error)


def _tidy(newest: Path) -> None:
    """Remove the entries used longest ago until the rest fit, all but the newest."""
    entries = [path for path in newest.parent.iterdir() if ENTRY_NAME.fullmatch(path.name)]
    room = MOST_BYTES - newest.stat().st_size
    for path in sorted(set(entries) - {newest}, key=last_change, reverse=True):
        room -= path.stat().st_size
        if room < 0:
            logger.info("Removed from the cache of features, to make room: %s", path)
            path.unlink(missing_ok=True)
