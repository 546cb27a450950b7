"""Any way of storing colour, brought to eight-bit sRGB."""

import logging
from functools import lru_cache
from io import BytesIO

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageCms

from stylemapgan.images.depth import PixelError, deep_levels, is_deep

logger = logging.getLogger(__name__)

PROFILED_MODES = ("L", "RGB", "CMYK")
"""Pillow's names for the pixels an ICC profile can speak of."""


def eight_bit(picture: Image.Image) -> Image.Image:
    """Scale deep grey to eight bits; Pillow alone would clip everything above 255, or 1.

    Args:
        picture: As its file was opened, unpacked.

    Raises:
        PixelError: No rule says which of its numbers is white, or all would become black.
    """
    if picture.mode == "La":  # multiplied with its opacity: Pillow turns it into nothing else
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
    if isinstance(transparent, int):  # of PNG files: the one level that is not seen
        is_seen = np.asarray(picture) != transparent
        grey.putalpha(Image.fromarray(is_seen.astype(np.uint8) * 255))
    return grey


def grey_levels(picture: Image.Image, background: str) -> Float32[np.ndarray, "height width"]:
    """Read levels from 0, black, to 1, white; sixteen bits and fractions keep their precision.

    Args:
        picture: As its file was opened, unpacked.
        background: What transparent parts become, such as "black".

    Raises:
        PixelError: No rule says which of its numbers is white.
    """
    if is_deep(picture) and "transparency" not in picture.info:
        return deep_levels(picture)
    grey = opaque(eight_bit(picture), background).convert("L")
    return np.asarray(grey, dtype=np.float32) / np.float32(255)


def opaque(picture: Image.Image, background: str) -> Image.Image:
    """Lay a picture on a background where it is transparent; the result is grey, RGB or CMYK.

    Args:
        picture: Any of Pillow's modes of eight bits or fewer, palettes included.
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
    """Part a picture that may be transparent into its colours, grey or RGB, and its opacity."""
    solid = "L" if picture.mode in ("1", "L", "LA") else "RGB"
    both = picture.convert("LA" if solid == "L" else "RGBA")
    return both.convert(solid), both.getchannel("A")


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert grey, RGB or CMYK to sRGB.

    Args:
        picture: An opaque picture.
        profile: What its numbers mean, as an ICC profile. A broken one is ignored, as most
            programs do, because the picture is nearly always sRGB then.
    """
    if profile:
        try:
            return _transform(profile, picture.mode).apply(picture)
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            logger.info("A broken colour profile is ignored: %s", error)
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
