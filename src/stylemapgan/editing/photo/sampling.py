"""Pixels and colours of a photo: cut squares out, and convert between its profile and sRGB.

Squares are shrunk without frequencies that fold back.
"""

import logging
import math
from functools import lru_cache
from io import BytesIO

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageCms

from stylemapgan.editing.photo.square import Square
from stylemapgan.errors import EditError
from stylemapgan.images.colour import eight_bit, layers, opaque, to_srgb
from stylemapgan.images.levels import to_bytes, to_numpy
from stylemapgan.types import Images

OVERSAMPLING = 4
"""How many times finer than the result a large picture stays until the last, best filter."""
TURNED = 2_048
"""Pixels along a side of a turned square beyond which `OVERSAMPLING` is fine enough."""
MARGIN = 4
"""Pixels around the square that filters and turning may look at."""
Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in whole pixels."""


def sample(picture: Image.Image, square: Square, size: int) -> Image.Image:
    """Cut out a square and resize it; only the part of the picture under it is touched.

    Args:
        picture: RGB or RGBA; transparent parts become white.
        square: Where; beyond the picture its edge pixels repeat.
        size: Width and height of the result, in pixels.

    Raises:
        EditError: The square lies outside the picture altogether.
    """
    whole = _whole_pixels(picture, square, size)
    if whole is not None:
        return opaque(picture.crop(whole), "white")
    factor = max(1, int(square.side // (OVERSAMPLING * size)))
    outer = _outer_box(square, factor)
    region = _padded(_reduced(picture, outer, factor, square), outer, factor, picture.size)
    x, y = (square.x - outer[0]) / factor, (square.y - outer[1]) / factor  # in the region
    side = square.side / factor
    if square.rotation:
        region, side = _straightened(region, (x, y), side, square.rotation, size)
        x = y = region.width / 2
    half = side / 2
    box = (x - half, y - half, x + half, y + half)
    return region.resize((size, size), Image.Resampling.LANCZOS, box=box)


def _whole_pixels(picture: Image.Image, square: Square, size: int) -> Box | None:
    """Return the box of a square whose pixels are those of the result; None if it must be resized.

    Pictures that were prepared for a model are whole squares of that kind.
    """
    left, top = square.x - square.side / 2, square.y - square.side / 2
    if square.rotation or square.side != size or left % 1 or top % 1:
        return None
    box = int(left), int(top), int(left) + size, int(top) + size
    return box if _inner_box(box, picture.size) == box else None


def _outer_box(square: Square, factor: int) -> Box:
    """Whole multiples of the factor around the square and the margin."""
    reach = square.reach + MARGIN * factor
    left, top = (math.floor((at - reach) / factor) * factor for at in (square.x, square.y))
    right, bottom = (math.ceil((at + reach) / factor) * factor for at in (square.x, square.y))
    return left, top, right, bottom


def _inner_box(outer: Box, size: tuple[int, int]) -> Box:
    left, top, right, bottom = outer
    return max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1])


def _reduced(picture: Image.Image, outer: Box, factor: int, square: Square) -> Image.Image:
    """Cut out what the picture has of a box and average blocks of pixels."""
    inner = _inner_box(outer, picture.size)
    if inner[0] >= inner[2] or inner[1] >= inner[3]:
        raise EditError(
            f"The square around {square.x:g},{square.y:g} lies outside the photo of "
            f"{picture.width}x{picture.height} pixels."
        )
    if picture.mode == "RGBA":
        return opaque(picture.crop(inner), "white").reduce(factor)
    return picture.reduce(factor, box=inner)


def _padded(region: Image.Image, outer: Box, factor: int, size: tuple[int, int]) -> Image.Image:
    """Repeat edge pixels where the box reaches beyond the picture."""
    left, top, right, bottom = outer
    inner = _inner_box(outer, size)
    before = (inner[1] - top) // factor, (inner[0] - left) // factor
    height, width = (bottom - top) // factor, (right - left) // factor
    after = height - before[0] - region.height, width - before[1] - region.width
    if not any((*before, *after)):
        return region
    widths = ((before[0], after[0]), (before[1], after[1]), (0, 0))
    return Image.fromarray(np.pad(np.asarray(region), widths, mode="edge"))


def _straightened(
    region: Image.Image, centre: tuple[float, float], side: float, rotation: float, size: int
) -> tuple[Image.Image, float]:
    """Turn a square upright, onto a grid finer than its own; the square fills the middle.

    Bilinear, because Pillow's bicubic transform turns even gradients into waves.
    """
    finer = math.ceil(2 * min(side / size, OVERSAMPLING))  # twice as fine as its pixels
    inner = size * min(finer, max(OVERSAMPLING, TURNED // size))
    step = side / inner
    outer = inner + 2 * MARGIN
    cosine = math.cos(math.radians(rotation)) * step
    sine = math.sin(math.radians(rotation)) * step
    x, y = centre
    half = outer / 2
    matrix = (
        *(cosine, -sine, x - half * cosine + half * sine),
        *(sine, cosine, y - half * sine - half * cosine),
    )
    turned = region.transform(
        (outer, outer), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
    )
    return turned, float(inner)


logger = logging.getLogger(__name__)

Levels = Float32[np.ndarray, "3 height width"]
"""Planes of red, green and blue from 0 to 255, fractions allowed."""


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
        return np.clip(to_numpy(images)[0] * np.float32(127.5) + np.float32(127.5), 0, 255)
    return levels_of(np.asarray(transform.apply(Image.fromarray(to_bytes(images[:1])[0]))))


def levels_of(pixels: UInt8[np.ndarray, "height width 3"]) -> Levels:
    """Turn bytes into planes."""
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 0), np.float32)


def between_profiles(
    picture: Image.Image, profile: bytes | None, target: bytes | None
) -> Image.Image:
    """Convert an opaque picture from one photo's colours to another's; None is sRGB."""
    if profile == target:
        return picture
    seen = to_srgb(picture, profile)
    transform = _from_srgb(target) if target else None
    return seen if transform is None else transform.apply(seen)


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
