"""Model files of methods other than StyleMapGAN: tensors, and their configuration in plain values.

What the tensors are, and how networks are built from them, only the method knows.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from stylemapgan.checkpoints.file import read_tensors, write_tensors
from stylemapgan.config.plain_values import spelled_out
from stylemapgan.errors import CheckpointError

FORMAT = "stylemapgan-method-1"
"""Format of these files; its number rises when older versions cannot read a new file."""
MOST_BYTES = 16 * 2**30
WHAT = "a method's model"


@dataclass(frozen=True, kw_only=True)
class MethodCheckpoint:
    """A method's model as plain values."""

    method: str
    """Which method's."""
    config: Mapping[str, Any]
    """Shapes of its networks, as that method writes them."""
    tensors: Mapping[str, np.ndarray]
    """Weights by name: the network's name, a dot, and the tensor's."""
    images_seen: int = 0
    """Images seen in training."""
    licence: str = ""
    """Licence of the weights."""
    data: str = ""
    """Training data: what it is, who owns it, and how to cite it."""


def write_method(path: Path, checkpoint: MethodCheckpoint) -> None:
    """Write a method's model file atomically.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing.
        StorageError: The disk is full or writing is denied.
    """
    metadata = {
        "format": FORMAT,
        "method": checkpoint.method,
        "config": json.dumps(checkpoint.config),
        "images_seen": json.dumps(checkpoint.images_seen),
        "licence": spelled_out(checkpoint.licence),
        "data": spelled_out(checkpoint.data),
    }
    write_tensors(path, WHAT, checkpoint.tensors, metadata)


def is_method_file(path: Path) -> bool:
    """Whether a file is the model of another method; False for anything that is not one."""
    if not path.is_file():
        return False
    try:
        with safe_open(path, framework="numpy") as opened:
            return (opened.metadata() or {}).get("format") == FORMAT
    except (SafetensorError, OSError):
        return False


def read_method(path: Path) -> MethodCheckpoint:
    """Read a method's model file without running any code in it.

    Raises:
        CheckpointError: The file is missing, damaged, or not such a file.
    """
    tensors, metadata = read_tensors(path, WHAT, MOST_BYTES)
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} is not the model of another method: its format is "
            f"{metadata.get('format', 'unknown')!r}, expected {FORMAT!r}."
        )
    try:
        return MethodCheckpoint(
            method=metadata["method"],
            config=json.loads(metadata["config"]),
            tensors=tensors,
            images_seen=int(json.loads(metadata["images_seen"])),
            licence=metadata["licence"],
            data=metadata["data"],
        )
    except KeyError as error:
        raise CheckpointError(f"{path}: its metadata has no {error}.") from None
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: its metadata is invalid: {error}") from None
