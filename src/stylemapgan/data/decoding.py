"""From an encoded picture to a photo that training can use."""

import numpy as np
from jaxtyping import UInt8

from stylemapgan.data.sources import Record
from stylemapgan.errors import ImageError
from stylemapgan.images import read_pixels
from stylemapgan.images.decoding import reason_of

SMALLEST_SIDE = 8
"""Photos with fewer pixels along a side are skipped at any size."""


def decode(record: Record, size: int) -> UInt8[np.ndarray, "size size 3"] | str:
    """Cut a square and resize it, or say why the picture is no use for training.

    No use are damaged files, those too large to unpack safely, and those shorter along a side
    than half of `size`, because enlarging them would teach blur.

    Args:
        record: A picture, encoded.
        size: Height and width of the result, in pixels.

    Returns:
        The pixels; or the reason, which completes a sentence that begins with the name.
    """
    if record.problem:
        return record.problem
    try:
        return read_pixels(record.content, size, min_side=max(SMALLEST_SIDE, (size + 1) // 2))
    except ImageError as error:
        return reason_of(error)
