"""A stylemap in a `.safetensors` file, as the HTTP API takes it."""

from pathlib import Path

from stylemapgan.checkpoints.file import write_tensors
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Stylemap

WHAT = "stylemaps"
"""How messages call what such a file holds."""


def write_stylemap(path: Path, stylemap: Stylemap, model: str) -> None:
    """Write one stylemap; the file appears complete or not at all.

    Args:
        path: Where to.
        stylemap: A batch of one.
        model: Name of its model; goes into the metadata.

    Raises:
        CheckpointError: The file has another suffix, or its folder is missing or protected.
    """
    write_tensors(path, WHAT, {"stylemap": to_numpy(stylemap)}, {"model": model})
