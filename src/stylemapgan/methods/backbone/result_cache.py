"""Results of optimisations on disk, so that work that was interrupted goes on where it stopped.

There is one file for each result. Its name is a hash of all that the result follows from: the
photo, or the edit, the model's weights, the method and its settings. Above a size of all files
together, those that were not used for longest are removed.
"""

import hashlib
import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int64
from safetensors import SafetensorError
from safetensors.numpy import load, save

from stylemapgan.config.user_folders import cache_folder
from stylemapgan.data.cache_size import limit_size, record_use
from stylemapgan.errors import StorageError
from stylemapgan.images.atomic import write_bytes

logger = logging.getLogger(__name__)

VERSION = 1
"""Rises when methods compute something else from the same settings."""
MOST_BYTES = 10**9
"""Size of all results together, of all methods and models."""
FILE_NAME = re.compile(r"[0-9a-f]{64}\.safetensors")
"""Files that may be removed: the folder may hold others."""
Arrays = dict[str, np.ndarray]
"""By name, each with a row for each photo or edit."""
RowNumbers = Int64[np.ndarray, " rows"]


class Progress(NamedTuple):
    """How many results were computed before, and how many there are to compute in all."""

    done: int
    missing: int


@dataclass(frozen=True)
class ResultCache:
    """Results of one method with one model and one set of settings."""

    owner: str
    """Hash of model, method and settings."""
    folder: Path | None
    """Where files are; None keeps nothing."""
    most_bytes: int = MOST_BYTES
    """Size above which the least recently used results are removed, whosever they are."""

    @classmethod
    def for_method(cls, method: str, model: str, settings: Any) -> "ResultCache":
        """Keep results in the user's cache folder.

        Args:
            method: Its name.
            model: Hash of its weights.
            settings: A dataclass of plain values.
        """
        owner = json.dumps([VERSION, method, model, asdict(settings)], sort_keys=True)
        return cls(hashlib.sha256(owner.encode()).hexdigest(), cache_folder() / "optimised")

    def results(
        self,
        inputs: Sequence[np.ndarray],
        compute: Callable[[RowNumbers, Progress], Arrays],
        at_once: int,
    ) -> Arrays:
        """Read results, and compute those that are missing.

        Args:
            inputs: What results follow from; each array has a row for each of them.
            compute: Computes the results of some rows.
            at_once: How many rows to compute together; they are kept before the next begin.
        """
        keys = [self._key(inputs, row) for row in range(len(inputs[0]))]
        found = {row: kept for row, key in enumerate(keys) if (kept := self._read(key))}
        missing = np.array([row for row in range(len(keys)) if row not in found], np.int64)
        for start in range(0, len(missing), at_once):
            rows = missing[start : start + at_once]
            made = compute(rows, Progress(start, len(missing)))
            for place, row in enumerate(rows.tolist()):
                found[row] = {name: array[place] for name, array in made.items()}
                self._write(keys[row], found[row])
        if len(missing):
            self._limit_size()
        return {name: np.stack([found[row][name] for row in range(len(keys))]) for name in found[0]}

    def _key(self, inputs: Sequence[np.ndarray], row: int) -> str:
        digest = hashlib.sha256(self.owner.encode())
        for array in inputs:
            digest.update(f"{array.dtype} {array.shape[1:]}".encode())
            digest.update(np.ascontiguousarray(array[row]).tobytes())
        return digest.hexdigest()

    def _path(self, folder: Path, key: str) -> Path:
        return folder / self.owner[:16] / f"{key}.safetensors"

    def _read(self, key: str) -> Arrays | None:
        if self.folder is None:
            return None
        path = self._path(self.folder, key)
        try:
            kept = load(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError) as error:
            logger.warning("Computing the damaged result %s again: %s", path, error)
            return None
        record_use(path)
        return kept

    def _write(self, key: str, arrays: Arrays) -> None:
        if self.folder is None:
            return
        path = self._path(self.folder, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
            write_bytes(path, save(contiguous))
        except (OSError, StorageError) as error:
            logger.warning("The result is not kept: %s", error)

    def _limit_size(self) -> None:
        """Make room, unless the folder cannot be read."""
        if self.folder is None:
            return
        try:
            files = [path for path in self.folder.glob("*/*") if FILE_NAME.fullmatch(path.name)]
            limit_size(files, self.most_bytes)
        except OSError as error:
            logger.warning("Old results are not removed: %s", error)
