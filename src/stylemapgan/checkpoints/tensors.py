"""Tensors and words about them in one `.safetensors` file: directions, parts, stylemaps."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from stylemapgan.config.texts import spelled_out
from stylemapgan.errors import CheckpointError
from stylemapgan.images.atomic import write_bytes

SUFFIX = ".safetensors"


def read_tensors(
    path: Path, what: str, max_bytes: int
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a file; no code in it is ever run.

    Args:
        path: Where it is.
        what: What it should hold, for messages: "parts", say.
        max_bytes: Larger files are refused unread.

    Returns:
        Tensors by name, and the metadata.

    Raises:
        CheckpointError: The file is missing, too large, damaged or no safetensors file.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file of {what}.")
    try:
        if path.stat().st_size > max_bytes:
            raise CheckpointError(f"{path} is larger than any file of {what}.")
        with safe_open(path, framework="numpy") as opened:
            names = opened.keys()
            return {name: opened.get_tensor(name) for name in names}, opened.metadata() or {}
    except SafetensorError as error:
        raise CheckpointError(f"{path} is no safetensors file, or damaged ({error}).") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}.") from None
    except TypeError as error:  # NumPy knows no bfloat16
        raise CheckpointError(f"{path} stores numbers that NumPy does not know: {error}.") from None


def write_tensors(
    path: Path, what: str, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> None:
    """Write a file; it appears complete or not at all.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing.
        StorageError: The disk is full or writing is denied.
    """
    refuse_unwritable(path, what)
    contiguous = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    write_bytes(path, save(contiguous, {name: spelled_out(metadata[name]) for name in metadata}))


def refuse_unwritable(path: Path, what: str) -> None:
    """Let only places pass where such a file can be.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing.
    """
    if path.suffix != SUFFIX:
        raise CheckpointError(f"{path} cannot be written: files of {what} end in {SUFFIX}.")
    if not path.parent.is_dir():
        raise CheckpointError(f"{path} cannot be written: there is no folder {path.parent}.")
