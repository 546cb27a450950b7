"""Parts of one model in a `.safetensors` file: groups as tensors, names in its metadata."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from stylemapgan.editing.parts.parts import Parts
from stylemapgan.errors import CheckpointError, EditError
from stylemapgan.images.atomic import replacing

FORMAT = "stylemapgan-parts-1"
"""Written into every file; a change that older versions cannot read gets the next number."""
SUFFIX = ".safetensors"
MAX_BYTES = 16 * 2**20
"""Largest file that is read: room for thousands of groups."""


def read_parts(path: Path) -> Parts:
    """Read a file of parts; no code in it is ever run.

    Raises:
        CheckpointError: The file is missing, damaged, or holds something else.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file of parts.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CheckpointError(f"{path} is larger than any file of parts.")
        with safe_open(path, framework="numpy") as opened:
            metadata = opened.metadata() or {}
            names = opened.keys()
            tensors = {name: opened.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise CheckpointError(f"{path} is no safetensors file, or damaged ({error}).") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}.") from None
    except TypeError as error:  # NumPy knows no bfloat16
        raise CheckpointError(f"{path} stores numbers that NumPy does not know: {error}.") from None
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
    refuse_unwritable(path)
    metadata = {
        "format": FORMAT,
        "names": json.dumps(parts.names),
        "labels": json.dumps(parts.labels, ensure_ascii=False),
        "position_weight": json.dumps(parts.position_weight),
    }
    tensors = {
        "centroids": np.ascontiguousarray(parts.centroids, dtype=np.float32),
        "owners": np.ascontiguousarray(parts.owners, dtype=np.int64),
    }
    try:
        with replacing(path) as unfinished:
            unfinished.write_bytes(save(tensors, metadata))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {error.strerror}.") from None


def refuse_unwritable(path: Path) -> None:
    """Let only places pass where a file of parts can be.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing.
    """
    if path.suffix != SUFFIX:
        raise CheckpointError(f"{path} cannot be written: files of parts end in {SUFFIX}.")
    if not path.parent.is_dir():
        raise CheckpointError(f"{path} cannot be written: there is no folder {path.parent}.")


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
