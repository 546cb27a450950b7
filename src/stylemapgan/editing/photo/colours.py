"""A photo's own colours: from the model's sRGB into whatever the file's profile means."""

import logging
from functools import lru_cache
from io import BytesIO

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageCms

from stylemapgan.images.colour import eight_bit, layers, opaque, to_srgb
from stylemapgan.images.levels import to_bytes, to_numpy
from stylemapgan.types import Images

logger = logging.getLogger(__name__)

Levels = Float32[np.ndarray, "height width 3"]
"""RGB from 0 to 255, fractions allowed."""


def as_rgb(picture: Image.Image) -> tuple[Image.Image, bytes | None]:
    """Bring a photo to RGB or RGBA, with the profile its numbers now follow; None is sRGB.

    RGB stays as it is. Everything else (grey, palettes, CMYK, sixteen bits) becomes sRGB, as
    does RGB whose profile tells how to read colours but not how to write them.
    """
    profile = picture.info.get("icc_profile")
    if picture.mode in ("RGB", "RGBA") and (profile is None or _is_two_way(profile)):
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB"), profile
    levels = eight_bit(picture)
    if not levels.has_transparency_data:
        return to_srgb(opaque(levels, "white"), profile), None
    seen, alpha = layers(levels)
    pixels = to_srgb(seen, profile)
    pixels.putalpha(alpha)
    return pixels, None


def from_srgb(images: Images, profile: bytes | None) -> Levels:
    """Turn the first image into levels of the photo's own colours."""
    transform = _from_srgb(profile) if profile else None
    if transform is None:
        levels = np.moveaxis(to_numpy(images)[0], 0, -1) * np.float32(127.5) + np.float32(127.5)
        return np.clip(levels, 0, 255)
    return np.asarray(transform.apply(Image.fromarray(to_bytes(images[:1])[0])), np.float32)


def _is_two_way(profile: bytes) -> bool:
    """Whether colours can go both ways; a broken profile counts: it is kept and means sRGB."""
    return not _is_readable(profile) or _from_srgb(profile) is not None


@lru_cache(maxsize=16)
def _is_readable(profile: bytes) -> bool:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return False
    return True


@lru_cache(maxsize=16)
def _from_srgb(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    try:
        return ImageCms.buildTransform(
            ImageCms.createProfile("sRGB"),
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            "RGB",
            "RGB",
            flags=ImageCms.Flags.NOCACHE,  # so that threads may share it
        )
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        logger.info("A colour profile cannot be written to: %s", error)
        return None
