"""Parts of one model in one `.safetensors` file."""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from stylemapgan.editing.parts import Parts
from stylemapgan.errors import CheckpointError, EditError
from stylemapgan.images.atomic import replacing

FORMAT = "stylemapgan-parts-1"
"""Written into every file; a change that older versions cannot read gets the next number."""
SUFFIX = ".safetensors"
FIELDS = ("names", "labels", "owners")
"""What the metadata lists, as JSON."""


def read_parts(path: Path) -> Parts:
    """Read a file of parts; no code in it is ever run.

    Raises:
        CheckpointError: The file is missing, damaged, or holds something else.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file of parts.")
    try:
        with safe_open(path, framework="numpy") as opened:
            metadata = opened.metadata() or {}
            names = opened.keys()
            tensors = {name: opened.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise CheckpointError(f"{path} is no safetensors file, or damaged ({error}).") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}.") from None
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} is no file of parts: its metadata says format "
            f"{metadata.get('format', 'nothing')!r}, expected {FORMAT!r}."
        )
    try:
        listed = {field: tuple(json.loads(metadata[field])) for field in FIELDS}
        arrays = {name: tensors[name].astype(np.float32) for name in ("centroids", "mean")}
        return Parts(**listed, **arrays)
    except (KeyError, TypeError, ValueError, EditError) as error:
        raise CheckpointError(f"{path} makes no sense: {error}") from None


def write_parts(path: Path, parts: Parts) -> None:
    """Write parts; the file appears complete or not at all.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing or protected.
    """
    if path.suffix != SUFFIX:
        raise CheckpointError(f"{path} cannot be written: files of parts end in {SUFFIX}.")
    if not path.parent.is_dir():
        raise CheckpointError(f"{path} cannot be written: there is no folder {path.parent}.")
    tensors = {
        "centroids": np.ascontiguousarray(parts.centroids, np.float32),
        "mean": np.ascontiguousarray(parts.mean, np.float32),
    }
    metadata = {field: json.dumps(getattr(parts, field), ensure_ascii=False) for field in FIELDS}
    try:
        with replacing(path) as unfinished:
            unfinished.write_bytes(save(tensors, {"format": FORMAT, **metadata}))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {error.strerror}.") from None
