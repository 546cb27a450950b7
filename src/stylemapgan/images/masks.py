"""Masks and label maps: pictures whose pixels are not colours.

A mask is 0 where the source stays and 1 where the reference shows. A label map holds the number
of a part at each pixel.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from stylemapgan.errors import ImageError
from stylemapgan.images.colour import PixelError, deep_levels, is_deep, opaque
from stylemapgan.images.decoding import UNNAMED, middle_square, opened, unpack, upright

BRIGHTEST_UNSCALED = {8: 1, 16: 255}
"""Bits of a mask → its brightest value if it was saved without scaling to those bits.

Examples are zeros and ones in 8 bits, and levels of 8 bits in 16.
"""
NUMBERED_MODES = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L", "I;16N")
"""Pillow's names for pixels of one whole number."""


def read_mask(source: Path | str | bytes, size: int) -> Float32[np.ndarray, "1 1 size size"]:
    """Read a mask: white takes the reference; black or transparent keeps the source.

    The middle square is cut out, as from the photo that the mask was painted on. Shrinking
    averages without overshoot, so black stays exactly 0. Values are whole 255ths, whatever the
    depth of the file.

    Args:
        source: A picture in any supported format, or the bytes of one. Colours count by their
            brightness; transparent pictures are laid on black first.
        size: Height and width of the result, in pixels.

    Returns:
        float32, (1, 1, size, size), from 0 to 1.

    Raises:
        ImageError: The file cannot be read, is black everywhere, or is so dark that its values
            were clearly not scaled to its bits.

    Example:
        ```python
        mask = images.read_mask("thumb.png", editor.image_size)
        ```
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
    """Turn an open picture into a mask as `read_mask` does, but accept black and nearly black.

    While a mask is being painted, all of it may be erased for a moment.
    """
    levels = np.array(middle_square(_grey(picture), size, Image.Resampling.BOX))
    return (levels / np.float32(255))[None, None]


def box_mask(box: tuple[int, int, int, int], size: int) -> Float32[np.ndarray, "1 1 size size"]:
    """Make a mask that is 1 in a box and 0 around it.

    Args:
        box: Left edge, top edge, width and height, in pixels of the model's image.
        size: Height and width of the model's image, in pixels.

    Returns:
        float32, (1, 1, size, size).

    Raises:
        ImageError: The box is empty or reaches outside the image.

    Example:
        ```python
        left_half = images.box_mask((0, 0, 32, 64), size=64)
        ```
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


def read_label_map(path: Path) -> UInt8[np.ndarray, "height width"]:
    """Read the numbers of a picture's pixels: grey levels or palette indices, never scaled.

    Raises:
        ImageError: The file cannot be read, or its pixels are colours or numbers beyond 255.
    """
    with opened(path) as picture:
        unpack(picture)
        if picture.mode not in NUMBERED_MODES:
            raise PixelError(
                f"holds colours ({picture.mode}); a label map needs one number for each pixel: "
                "save it as grey levels or with a palette."
            )
        numbers = np.asarray(picture).astype(np.int64)
        if numbers.min() < 0 or numbers.max() > 255:
            raise PixelError(
                f"holds numbers from {numbers.min()} to {numbers.max()}; a label map takes 0 to "
                "255."
            )
        return numbers.astype(np.uint8)


def _grey(picture: Image.Image) -> Image.Image:
    return opaque(upright(picture), "black").convert("L")


def _refuse_unscaled(picture: Image.Image, name: str) -> None:
    """Refuse a mask that is not black but too dark to change anything."""
    if picture.mode == "F":  # fractions have no number of bits
        return
    bits = 16 if is_deep(picture) else 8
    levels = deep_levels(picture) if is_deep(picture) else np.asarray(_grey(picture)) / 255
    white = 2**bits - 1
    brightest = round(float(levels.max()) * white)
    if 0 < brightest <= BRIGHTEST_UNSCALED[bits]:
        factor = white // (1 if brightest == 1 else BRIGHTEST_UNSCALED[bits])
        raise ImageError(
            f"{name} has no value above {brightest}, but white is {white}, so the mask would "
            f"change nothing; multiply its values by {factor} and save it again."
        )
