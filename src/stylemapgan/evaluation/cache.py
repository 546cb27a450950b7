"""Features and judges are cached on disk, so that a second evaluation is fast.

An entry is named after everything it is computed from. The folder may be deleted at any time.
"""

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stylemapgan.checkpoints.file import SUFFIX, read_tensors, write_tensors
from stylemapgan.config.user_folders import cache_folder
from stylemapgan.data import PhotoSet
from stylemapgan.data.cache_size import limit_size, record_use
from stylemapgan.errors import CheckpointError, StorageError

logger = logging.getLogger(__name__)

FORMAT = 1
"""Goes up when the format of entries changes, so that older ones are not found."""
MOST_BYTES = 2**31
"""Size of all entries together; above it, the least recently used are removed."""
ENTRY_NAME = re.compile(r"[0-9a-f]{64}" + re.escape(SUFFIX))
"""Files that this module may remove: the folder may hold others."""
PHOTOS_AT_ONCE = 256


@dataclass(frozen=True)
class FeatureCache:
    """Arrays on disk, named after what they are computed from.

    Several processes may use it: entries are written atomically, and two processes that make the
    same entry make equal ones.
    """

    folder: Path | None = None
    """Folder of the entries; the user's cache folder if None."""

    @property
    def location(self) -> Path:
        """Folder of the entries."""
        return self.folder or cache_folder() / "features"

    def features(
        self, key_parts: Mapping[str, str | int], make: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """Read an entry, or compute and store it.

        Args:
            key_parts: Everything the array depends on, by name; the order does not matter.
            make: Computes the array; called only if there is no entry, or a damaged one.
        """
        key = json.dumps({"format": FORMAT, **key_parts}, sort_keys=True)
        path = self.location / (hashlib.sha256(key.encode()).hexdigest() + SUFFIX)
        found = _read(path)
        if found is None:
            found = make()
            _write(path, found, key)
        return found


def photos_key(photos: PhotoSet) -> str:
    """Hash photos by their pixels, whatever their names."""
    digest = hashlib.sha256(str(photos.pixels.shape).encode())
    for start in range(0, len(photos), PHOTOS_AT_ONCE):
        digest.update(photos.pixels[start : start + PHOTOS_AT_ONCE].tobytes())
    return digest.hexdigest()


def _read(path: Path) -> np.ndarray | None:
    """Read an entry; None if there is none, or one that something damaged."""
    if not path.is_file():
        return None
    try:
        tensors, metadata = read_tensors(path, "features", MOST_BYTES)
        features = tensors["features"]
        if metadata["sha256"] != _checksum(features):
            raise CheckpointError("its numbers differ from those that were written")
    except (CheckpointError, KeyError) as error:
        logger.warning("The cache entry %s is damaged and will be computed again: %s", path, error)
        return None
    record_use(path)
    return features


def _write(path: Path, features: np.ndarray, key: str) -> None:
    """Store an entry; if that fails, the features are computed again next time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        metadata = {"made-from": key, "sha256": _checksum(features)}
        write_tensors(path, "features", {"features": features}, metadata)
        _tidy(path.parent)
    except (CheckpointError, StorageError, OSError) as error:
        logger.warning(
            "Features could not be cached and will be computed again next time: %s", error
        )


def _checksum(features: np.ndarray) -> str:
    return hashlib.sha256(features.tobytes()).hexdigest()


def _tidy(folder: Path) -> None:
    """Remove the least recently used entries until the rest fit; the newest stays."""
    entries = [path for path in folder.iterdir() if ENTRY_NAME.fullmatch(path.name)]
    limit_size(entries, MOST_BYTES)
