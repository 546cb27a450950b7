"""Any way of storing colour, brought to eight-bit sRGB."""

import logging
from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

logger = logging.getLogger(__name__)

SIXTEEN_BIT_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N")
"""Pillow's names for grey levels from 0 to 65,535."""
PROFILED_MODES = ("L", "RGB", "CMYK")
"""Pillow's names for the pixels an ICC profile can speak of."""


def eight_bit(picture: Image.Image) -> Image.Image:
    """Scale sixteen-bit grey to eight bits; Pillow alone would clip everything above 255."""
    if picture.mode not in SIXTEEN_BIT_MODES:
        return picture
    levels = np.clip(np.asarray(picture).astype(np.int64), 0, 65535)
    return Image.fromarray(((levels + 128) // 257).astype(np.uint8))  # 257 = 65535 / 255, rounded


def opaque(picture: Image.Image, background: str) -> Image.Image:
    """Lay a picture on a background where it is transparent; the result is grey, RGB or CMYK.

    Args:
        picture: Any of Pillow's modes of eight bits or fewer, palettes included.
        background: A colour name such as "white".
    """
    if picture.has_transparency_data:
        solid = "L" if picture.mode in ("1", "L", "LA") else "RGB"
        layers = picture.convert("LA" if solid == "L" else "RGBA")
        ground = Image.new(solid, picture.size, background)
        ground.paste(layers.convert(solid), mask=layers.getchannel("A"))
        return ground
    if picture.mode == "1":
        return picture.convert("L")
    return picture if picture.mode in PROFILED_MODES else picture.convert("RGB")


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
