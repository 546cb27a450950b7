"""Maps of parts for portraits, drawn from the landmarks of a face mesh.

The mesh is the one of 468 points of Kartynnik et al., 2019. It has no points on hair, ears, neck
and clothes, which therefore belong to the background.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from benchmarks.rivals.map_files import write_map, write_names
from stylemapgan.errors import DataError
from stylemapgan.evaluation.data import TEST, TRAINING
from stylemapgan.evaluation.tasks.portraits.landmarks import (
    LEFT_EYE,
    LIPS,
    NOSE,
    OVAL,
    RIGHT_EYE,
    SIZE,
    Points,
    Region,
    hull,
    read_landmarks,
)

LEFT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
RIGHT_BROW = (336, 296, 334, 293, 300, 276, 283, 282, 295, 285)


def _filled(*outlines: Sequence[int]) -> Callable[[Points], Region]:
    """Fill outlines, each a list of landmarks in their order."""

    def fill(points: Points) -> Region:
        picture = Image.new("1", (SIZE, SIZE))
        pen = ImageDraw.Draw(picture)
        for outline in outlines:
            pen.polygon([(float(x), float(y)) for x, y in points[list(outline)]], fill=1)
        return np.asarray(picture).astype(bool)

    return fill


PARTS: Mapping[str, Callable[[Points], Region]] = {
    "background": lambda points: np.ones((SIZE, SIZE), bool),
    "face": _filled(OVAL),
    "nose": lambda points: hull(points, NOSE, margin=0.0),
    "brows": _filled(LEFT_BROW, RIGHT_BROW),
    "eyes": _filled(LEFT_EYE, RIGHT_EYE),
    "mouth": _filled(LIPS),
}
"""Name → where it is; later parts cover those before them. The mouth is all within the lips."""


def draw_regions(points: Points, size: int) -> UInt8[np.ndarray, "size size"]:
    """Draw the map of a portrait: a pixel shows the part that covers most of it.

    Args:
        points: Its landmarks.
        size: Height and width of the map, in pixels; divides the landmarks' `SIZE`.

    Returns:
        Positions in `PARTS`, 0 for the background.
    """
    numbers = np.zeros((SIZE, SIZE), np.uint8)
    for number, find in enumerate(PARTS.values()):
        numbers[find(points)] = number
    side = SIZE // size
    squares = numbers.reshape(size, side, size, side)
    counts = np.stack([(squares == number).sum(axis=(1, 3)) for number in range(len(PARTS))])
    return counts.argmax(axis=0).astype(np.uint8)


def write_regions(faces: Path, output: Path, size: int) -> int:
    """Write the maps of all portraits, as training and evaluation read them.

    Args:
        faces: Folder with `landmarks.npz`, `train/` and `val/`.
        output: Folder that gets `labels/`.
        size: Height and width of the maps, in pixels.

    Returns:
        How many maps were written.

    Raises:
        DataError: The size does not fit, or landmarks are missing.
    """
    if size < 1 or SIZE % size:
        raise DataError(f"The size of maps must divide {SIZE} pixels, got {size}.")
    landmarks = read_landmarks(faces)
    photos = [path for split in (TRAINING, TEST) for path in sorted((faces / split).glob("*.jpg"))]
    for photo in photos:
        if photo.stem not in landmarks:
            raise DataError(f"There are no landmarks of {photo}.")
        write_map(output, photo, draw_regions(landmarks[photo.stem], size))
    write_names(output, PARTS)
    return len(photos)
