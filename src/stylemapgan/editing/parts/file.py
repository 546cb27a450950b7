"""Parts of one model in a `.safetensors` file: groups as tensors, names in its metadata."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from stylemapgan.checkpoints.file import read_tensors, write_tensors
from stylemapgan.editing.parts.parts import Parts
from stylemapgan.errors import CheckpointError, EditError

FORMAT = "stylemapgan-parts-1"
"""Written into every file; a change that older versions cannot read gets the next number."""
WHAT = "parts"
"""How messages call what such a file holds."""
MAX_BYTES = 16 * 2**20
"""Largest file that is read: room for thousands of groups."""


def read_parts(path: Path) -> Parts:
    """Read a file of parts; no code in it is ever run.

    Raises:
        CheckpointError: The file is missing, damaged, or holds something else.
    """
    tensors, metadata = read_tensors(path, WHAT, MAX_BYTES)
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} is no file of parts of this version: its metadata says format "
            f"{metadata.get('format', 'nothing')!r}, expected {FORMAT!r}."
        )
    try:
        return _to_parts(metadata, tensors)
    except EditError as error:
        raise CheckpointError(f"{path}: {error}") from None
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path}: its contents make no sense: {error}") from None


def write_parts(path: Path, parts: Parts) -> None:
    """Write a file of parts; it appears complete or not at all.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing or protected.
    """
    metadata = {
        "format": FORMAT,
        "names": json.dumps(parts.names),
        "labels": json.dumps(parts.labels, ensure_ascii=False),
        "position_weight": json.dumps(parts.position_weight),
    }
    tensors = {
        "centroids": np.asarray(parts.centroids, dtype=np.float32),
        "owners": np.asarray(parts.owners, dtype=np.int64),
    }
    write_tensors(path, WHAT, tensors, metadata)


def _to_parts(metadata: Mapping[str, str], tensors: Mapping[str, np.ndarray]) -> Parts:
    centroids, owners = tensors["centroids"], tensors["owners"]
    if centroids.ndim != 2 or owners.ndim != 1 or not np.issubdtype(owners.dtype, np.integer):
        raise ValueError(f"centroids {centroids.shape}, owners {owners.shape} {owners.dtype}")
    if not np.isfinite(centroids).all():
        raise ValueError("centroids that are no numbers")
    return Parts(
        names=_words(metadata["names"]),
        labels=_words(metadata["labels"]),
        centroids=centroids.astype(np.float32),
        owners=owners,
        position_weight=float(json.loads(metadata["position_weight"])),
    )


def _words(text: str) -> tuple[str, ...]:
    words = json.loads(text)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{text} is no list of words")
    return tuple(words)
