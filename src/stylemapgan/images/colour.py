"""Convert any way of storing colour to eight-bit sRGB.

Grey may have more than eight bits: sixteen, or fractions from 0 to 1.
"""

import logging
from functools import lru_cache
from io import BytesIO

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageCms

logger = logging.getLogger(__name__)

PROFILED_MODES = ("L", "RGB", "CMYK")
"""Pillow's names for pixels that an ICC profile can describe."""
DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
"""Pillow's names for grey levels that do not fit a byte."""
ROUNDING = 1e-4
"""How far fractions may lie beyond 0 and 1: filters leave such traces."""
BITS, MEANING, SAMPLE_FORMAT = 258, 262, 339
"""TIFF tags: bits of a sample, what its numbers mean, which kind of number it is."""
WHITE_IS_ZERO = 0
SIGNED = 2


class PixelError(ValueError):
    """A picture's pixels cannot be used; the message completes a sentence after its name."""


def eight_bit(picture: Image.Image) -> Image.Image:
    """Scale deep grey to eight bits; Pillow alone would clip everything above 255, or 1.

    Args:
        picture: As opened from its file, unpacked.

    Raises:
        PixelError: It is unknown which number is white, or every level would become black.
    """
    if picture.mode == "La":  # multiplied with its opacity: Pillow converts it only to LA
        return picture.convert("LA")
    if not is_deep(picture):
        return picture
    levels = deep_levels(picture)
    grey = Image.fromarray(np.rint(levels * 255).astype(np.uint8))
    if levels.any() and grey.getbbox() is None:
        raise PixelError(
            f"has {levels.max():.2%} of white as its brightest level and would come out black; "
            "stretch its levels first."
        )
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):  # PNG files may name one level that is transparent
        is_seen = np.asarray(picture) != transparent
        grey.putalpha(Image.fromarray(is_seen.astype(np.uint8) * 255))
    return grey


def opaque(picture: Image.Image, background: str) -> Image.Image:
    """Fill transparent parts with a background; the result is grey, RGB or CMYK.

    Args:
        picture: In any of Pillow's modes of eight bits or fewer, palettes included.
        background: A colour name such as "white".
    """
    if picture.has_transparency_data:
        seen, alpha = layers(picture)
        ground = Image.new(seen.mode, picture.size, background)
        ground.paste(seen, mask=alpha)
        return ground
    if picture.mode == "1":
        return picture.convert("L")
    return picture if picture.mode in PROFILED_MODES else picture.convert("RGB")


def layers(picture: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Split a picture into its colours, grey or RGB, and its opacity."""
    solid = "L" if picture.mode in ("1", "L", "LA") else "RGB"
    both = picture.convert("LA" if solid == "L" else "RGBA")
    return both.convert(solid), both.getchannel("A")


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert grey, RGB or CMYK to sRGB.

    Args:
        picture: An opaque picture.
        profile: ICC profile of its numbers. A broken one is ignored, as in most programs,
            because such pictures are nearly always sRGB.
    """
    if profile:
        try:
            return _transform(profile, picture.mode).apply(picture)
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            logger.info("Ignoring a broken colour profile: %s", error)
    return picture.convert("RGB")


@lru_cache(maxsize=16)  # the photos of a folder mostly share a few profiles
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        flags=ImageCms.Flags.NOCACHE,  # so that threads may share it
    )


def is_deep(picture: Image.Image) -> bool:
    """Whether a picture's levels must be scaled by `deep_levels`."""
    return picture.mode in DEEP_MODES


def deep_levels(picture: Image.Image) -> Float32[np.ndarray, "height width"]:
    """Scale deep grey to levels from 0, black, to 1, white.

    Args:
        picture: In one of the `DEEP_MODES`, as opened from its file.

    Raises:
        PixelError: It is unknown which number is white.
    """
    numbers = np.asarray(picture)
    levels = _fractions(numbers) if picture.mode == "F" else _from_integers(numbers, picture)
    levels = np.clip(levels, 0, 1).astype(np.float32)
    return 1 - levels if _tag(picture, MEANING) == WHITE_IS_ZERO else levels


def _fractions(numbers: np.ndarray) -> np.ndarray:
    if not np.isfinite(numbers).all():
        raise PixelError("holds numbers that are not finite (NaN or infinity); replace them first.")
    low, high = float(numbers.min()), float(numbers.max())
    if low < -ROUNDING or high > 1 + ROUNDING:
        raise PixelError(
            f"holds numbers from {low:g} to {high:g}; expected 0 (black) to 1 (white): scale "
            "them, or save the picture with 8 or 16 bits."
        )
    return numbers


def _from_integers(numbers: np.ndarray, picture: Image.Image) -> np.ndarray:
    bits = _tag(picture, BITS)
    if picture.mode == "I" and picture.format == "TIFF":  # other files have 16 bits at most
        kind = "signed " if _tag(picture, SAMPLE_FORMAT) == SIGNED else ""
        raise PixelError(
            f"holds {kind}integers of {bits} bits, and the file does not say which is white; "
            "save it with 8 or 16 unsigned bits."
        )
    largest = 2**bits - 1 if bits is not None else 65535
    return numbers.astype(np.float32) / np.float32(largest)


def _tag(picture: Image.Image, number: int) -> int | None:
    """Read a whole number from a TIFF file's tags: the first of several, None if missing."""
    tags = getattr(picture, "tag_v2", None)
    value = None if tags is None else tags.get(number)
    first = next(iter(value), None) if isinstance(value, tuple) else value
    return first if isinstance(first, int) else None
