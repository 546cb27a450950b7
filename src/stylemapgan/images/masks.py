"""Masks: 0 keeps the source, 1 takes the reference, between mixes.

Every mask goes through `mask_in`, whether the command line, Python or a request brings it.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float32
from PIL import Image

from stylemapgan.errors import ImageError
from stylemapgan.images.colour import opaque
from stylemapgan.images.decoding import UNNAMED, middle_square, opened, unpack, upright
from stylemapgan.images.depth import deep_levels, is_deep

BRIGHTEST_UNSCALED = {8: 1, 16: 255}
"""Bits of a mask → brightest value of one that was saved without being scaled to those bits.

Zeros and ones in 8 bits are such a mask, and so are levels of 8 bits in 16.
"""


def read_mask(source: Path | str | bytes, size: int) -> Float32[np.ndarray, "1 1 size size"]:
    """Read a mask: white takes the reference; black or transparent keeps the source.

    The middle square is taken, as from the photo it was painted on. Shrinking averages
    without overshoot, so what is black stays exactly 0. Values are whole 255ths, whatever
    the depth of the file.

    Args:
        source: Any picture that can be read, or the bytes of one. Colours count by their
            brightness; of a transparent picture it is what shows on a black ground.
        size: Height and width of the result, in pixels.

    Raises:
        ImageError: It cannot be read, is black everywhere, or so dark that it was plainly
            saved with another white than that of its bits.
    """
    source = Path(source) if isinstance(source, str) else source
    name = UNNAMED.replace("picture", "mask") if isinstance(source, bytes) else str(source)
    with opened(source) as picture:
        unpack(picture)
        _refuse_unscaled(picture, name)
        mask = mask_in(picture, size)
    if not mask.any():
        raise ImageError(f"{name} is black everywhere; paint white where the reference is to show.")
    return mask


def mask_in(picture: Image.Image, size: int) -> Float32[np.ndarray, "1 1 size size"]:
    """Turn an open picture into a mask as `read_mask` does; black and nearly black ones, too.

    That is for masks that are still being painted: all of one may be erased for a moment.
    """
    levels = np.array(middle_square(_grey(picture), size, Image.Resampling.BOX))
    return (levels / np.float32(255))[None, None]


def _grey(picture: Image.Image) -> Image.Image:
    return opaque(upright(picture), "black").convert("L")


def _refuse_unscaled(picture: Image.Image, name: str) -> None:
    """Raise an ImageError for a mask that would do next to nothing although it is not black."""
    if picture.mode == "F":  # fractions are not levels of so many bits
        return
    bits = 16 if is_deep(picture) else 8
    levels = deep_levels(picture) if is_deep(picture) else np.asarray(_grey(picture)) / 255
    white = 2**bits - 1
    brightest = round(float(levels.max()) * white)
    if 0 < brightest <= BRIGHTEST_UNSCALED[bits]:
        factor = white // (1 if brightest == 1 else BRIGHTEST_UNSCALED[bits])
        raise ImageError(
            f"{name} has no value above {brightest} where white is {white}, so it would change "
            f"nothing; multiply its values by {factor} and save it again."
        )


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
