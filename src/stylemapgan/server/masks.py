"""Masks from requests: painted, boxes, or automatic parts."""

import base64
import binascii

import numpy as np
from PIL import Image

from stylemapgan import images
from stylemapgan.images.colour import opaque
from stylemapgan.images.decoding import opened
from stylemapgan.server.bodies import BoxMask, Mask, PngMask
from stylemapgan.server.kitchen import Kitchen
from stylemapgan.server.refusals import unfit
from stylemapgan.server.stylemaps import KeptStylemap
from stylemapgan.server.turning import PlainMask

MAX_SIDE = 2048
"""Largest mask that is unpacked, in pixels."""


def read_mask(kitchen: Kitchen, mask: Mask, stylemap: KeptStylemap) -> PlainMask:
    """Turn a mask into numbers, in pixels of the model's image.

    Args:
        kitchen: Knows the automatic parts.
        mask: What was sent.
        stylemap: Whose picture it was painted on.

    Raises:
        ImageError: The PNG is damaged, or the box reaches outside the image.
        Refusal: The mask does not fit.
    """
    size = kitchen.model_of(stylemap).config.image_size
    if isinstance(mask, PngMask):
        return _painted(mask.png, size)
    if isinstance(mask, BoxMask):
        return images.box_mask(mask.box, size)
    parts = kitchen.parts(stylemap)
    if mask.part not in parts:
        there_are = ", ".join(parts) or "none"
        raise unfit(
            "unknown_part",
            f"{stylemap.model} has no part {mask.part!r}; there are: {there_are}.",
        )
    return parts[mask.part]


def _painted(png: str, size: int) -> PlainMask:
    """Unpack a painted mask and bring it to the model's size; black stays exactly 0."""
    try:
        content = base64.b64decode(png.partition("base64,")[2] or png, validate=True)
    except (binascii.Error, ValueError):
        raise unfit("unfit_mask", "A painted mask is a PNG in base64.") from None
    with opened(content) as picture:
        width, height = picture.size
        if picture.format != "PNG" or width != height or width > MAX_SIDE:
            raise unfit(
                "unfit_mask",
                f"A painted mask is a square PNG of up to {MAX_SIDE} pixels, "
                f"got {picture.format} of {width}x{height}.",
            )
        grey = opaque(picture, "black").convert("L").resize((size, size), Image.Resampling.BOX)
    return (np.asarray(grey) / np.float32(255))[None, None]
