"""Masks from requests: painted, boxes, or automatic parts."""

import base64
import binascii
from collections.abc import Callable

from stylemapgan import images
from stylemapgan.editing.turning import PlainMask
from stylemapgan.images.decoding import opened
from stylemapgan.images.masks import mask_in
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.errors import unfit
from stylemapgan.server.request_schemas import BoxMask, Mask, PngMask
from stylemapgan.server.stylemaps import KeptStylemap

MAX_SIDE = 2048
"""Largest mask that is unpacked, in pixels."""


def read_mask(service: EditService, mask: Mask, stylemap: KeptStylemap) -> PlainMask:
    """Turn a mask into numbers, in pixels of the model's image.

    Args:
        service: Knows the automatic parts.
        mask: What was sent.
        stylemap: Whose picture it was painted on.

    Raises:
        ImageError: The PNG is damaged or as good as black, or the box reaches outside the image.
        ApiError: The mask does not fit.
    """
    return _read(service, mask, stylemap, images.read_mask)


def read_mask_being_painted(service: EditService, mask: Mask, stylemap: KeptStylemap) -> PlainMask:
    """Do as `read_mask`, but take black masks, too: all of a stroke may be erased for a moment."""
    return _read(service, mask, stylemap, _painted)


def _read(
    service: EditService,
    mask: Mask,
    stylemap: KeptStylemap,
    read_painted: Callable[[bytes, int], PlainMask],
) -> PlainMask:
    size = service.model_of(stylemap).config.image_size
    if isinstance(mask, PngMask):
        return read_painted(_png(mask.png), size)
    if isinstance(mask, BoxMask):
        return images.box_mask(mask.box, size)
    parts = service.parts(stylemap)
    if mask.part not in parts:
        there_are = ", ".join(parts) or "none"
        raise unfit(
            "unknown_part",
            f"{stylemap.model} has no part {mask.part!r}; there are: {there_are}.",
        )
    return parts[mask.part]


def _png(text: str) -> bytes:
    """Unpack the base64 of a painted mask, and see that it is a square PNG of a sensible size."""
    try:
        content = base64.b64decode(text.partition("base64,")[2] or text, validate=True)
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
    return content


def _painted(content: bytes, size: int) -> PlainMask:
    with opened(content) as picture:
        return mask_in(picture, size)
