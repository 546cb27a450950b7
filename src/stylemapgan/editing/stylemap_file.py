"""A stylemap in a `.safetensors` file, as the HTTP API takes it."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save

from stylemapgan.errors import CheckpointError
from stylemapgan.images.atomic import replacing
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Stylemap

SUFFIX = ".safetensors"


def write_stylemap(path: Path, stylemap: Stylemap, model: str) -> None:
    """Write one stylemap; the file appears complete or not at all.

    Args:
        path: Where to.
        stylemap: A batch of one.
        model: Name of its model; goes into the metadata.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing or protected.
    """
    refuse_unwritable(path)
    array = np.ascontiguousarray(to_numpy(stylemap), np.float32)
    try:
        with replacing(path) as unfinished:
            unfinished.write_bytes(save({"stylemap": array}, {"model": model}))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {error.strerror}.") from None


def refuse_unwritable(path: Path) -> None:
    """Let only places pass where a stylemap's file can be.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing.
    """
    if path.suffix != SUFFIX:
        raise CheckpointError(f"{path} cannot be written: files of stylemaps end in {SUFFIX}.")
    if not path.parent.is_dir():
        raise CheckpointError(f"{path} cannot be written: there is no folder {path.parent}.")
