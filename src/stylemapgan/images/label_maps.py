"""Maps of parts: pictures whose pixels are numbers, not colours."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from stylemapgan.images.decoding import opened, unpack
from stylemapgan.images.depth import PixelError

NUMBERED_MODES = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L", "I;16N")
"""Pillow's names for pixels of one whole number."""


def read_label_map(path: Path) -> UInt8[np.ndarray, "height width"]:
    """Read the numbers of a picture's pixels: grey levels or places in a palette, never scaled.

    Raises:
        ImageError: The file is missing, no picture, damaged or too large, or its pixels are
            colours, or numbers beyond 255.
    """
    with opened(path) as picture:
        unpack(picture)
        if picture.mode not in NUMBERED_MODES:
            raise PixelError(
                f"holds colours ({picture.mode}); expected is one number for each pixel, as grey "
                "levels or as a palette."
            )
        numbers = np.asarray(picture).astype(np.int64)
        if numbers.min() < 0 or numbers.max() > 255:
            raise PixelError(
                f"holds the numbers {numbers.min()} to {numbers.max()}; expected are 0 to 255."
            )
        return numbers.astype(np.uint8)
