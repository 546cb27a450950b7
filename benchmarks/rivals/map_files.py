"""Write maps of parts where training and evaluation read them."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Integer
from PIL import Image

from stylemapgan.data.label_maps import LABELS, PARTS_FILE, map_file
from stylemapgan.images.atomic import replacing, write_text


def write_map(data: Path, photo: Path, numbers: Integer[np.ndarray, "size size"]) -> None:
    """Write the map of a photo.

    Args:
        data: Folder that gets labels/.
        photo: The photo; the names of its folder and file are those of the map.
        numbers: Number of the part at each pixel.
    """
    path = map_file(data, photo.parent.name, photo.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished:
        Image.fromarray(numbers.astype(np.uint8)).save(unfinished, "PNG")


def write_names(data: Path, names: Iterable[str]) -> None:
    """Write the names of the parts, number 0 first."""
    write_text(data / LABELS / PARTS_FILE, "\n".join(names) + "\n")
