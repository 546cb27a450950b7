"""Masks: 0 keeps the source, 1 takes the reference, between mixes."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32
from PIL import Image

from stylemapgan.errors import ImageError
from stylemapgan.images.colour import opaque
from stylemapgan.images.decoding import middle_square, opened, upright


def read_mask(path: Path | str, size: int) -> Float32[np.ndarray, "1 1 size size"]:
    """Read a mask: white takes the reference; black or transparent keeps the source.

    The middle square is taken, as from the photo it was painted on. Shrinking averages
    without overshoot, so what is black stays exactly 0.

    Args:
        path: Any picture that can be read.
        size: Height and width of the result, in pixels.

    Raises:
        ImageError: The file cannot be read, or is black everywhere.
    """
    path = Path(path)
    with opened(path) as picture:
        grey = opaque(upright(picture), "black").convert("L")
        levels = np.array(middle_square(grey, size, Image.Resampling.BOX))
    if not levels.any():
        raise ImageError(f"{path} is black everywhere; paint white where the reference is to show.")
    return (levels / np.float32(255))[None, None]


def box_mask(box: tuple[int, int, int, int], size: int) -> Float32[np.ndarray, "1 1 size size"]:
    """Make a mask that is 1 in a box and 0 around it.

    Args:
        box: Left edge, top edge, width and height, in pixels of the model's image.
        size: Height and width of the model's image, in pixels.

    Raises:
        ImageError: The box is empty or reaches outside the image.
    """
    x, y, width, height = box
    given = f"The box {x},{y},{width},{height} (x,y,width,height)"
    if width < 1 or height < 1:
        raise ImageError(f"{given} is empty; width and height must be at least 1.")
    if x < 0 or y < 0 or x + width > size or y + height > size:
        raise ImageError(f"{given} reaches outside the model's image of {size}x{size} pixels.")
    mask = np.zeros((1, 1, size, size), dtype=np.float32)
    mask[:, :, y : y + height, x : x + width] = 1
    return mask
