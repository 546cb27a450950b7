"""Render drawn faces as pictures."""

import io
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from stylemapgan.data.avatars.drawn_faces import (
    BACKGROUND_COLOURS,
    CLOTHING_COLOURS,
    HAIR_COLOURS,
    NONE,
    SKIN_COLOURS,
    Face,
)
from stylemapgan.errors import MissingExtraError

EXTRA = "avatars"
"""Extra with the packages that draw."""
FRAME = (22, 6, 220, 220)
"""Visible part of the drawing, in its units: left, top, width, height."""
SHIFTED_HAIR = (
    *("bun", "curly", "frizzle", "long_not_too_long", "pompadour", "shaggy_mullet"),
    *("short_dreads_2", "short_round", "short_waved", "straight_strand", "twist_long_hair_2"),
)
"""Hair that the library draws one unit too far left, together with glasses and beards."""
SHIFTED_GROUPS = {
    '_Accessory" transform="translate(62.000000': '_Accessory" transform="translate(63.000000',
    '_Facial-Hair" transform="translate(49.000000': '_Facial-Hair" transform="translate(50.000000',
}
"""Replacements that undo this, so that exchanging hair moves nothing else."""
DRAWING_FRAME = 'width="264px" height="280px" viewBox="0 0 264 280"'
"""Frame that the library gives every drawing."""


def render(face: Face, size: int) -> UInt8[np.ndarray, "size size 3"]:
    """Draw a face with smooth edges and an opaque background.

    Args:
        face: The face to draw.
        size: Height and width of the picture, in pixels.

    Raises:
        MissingExtraError: The packages that draw are not installed.
    """
    return rasterise(to_svg(face), size, BACKGROUND_COLOURS[face.background_colour])


@lru_cache(maxsize=1)  # a label map follows its picture
def to_svg(face: Face) -> str:
    """Compose the drawing of a face, without its background, in the visible frame."""
    try:
        import python_avatars as library
    except ModuleNotFoundError:
        raise MissingExtraError("python-avatars", EXTRA) from None
    drawing = library.Avatar(
        style=library.AvatarStyle.TRANSPARENT,
        top=_member(library.HairType, face.hair),
        hair_color=HAIR_COLOURS.get(face.hair_colour, NONE),
        skin_color=SKIN_COLOURS[face.skin_colour],
        eyes=_member(library.EyeType, face.eyes),
        eyebrows=_member(library.EyebrowType, face.brows),
        nose=_member(library.NoseType, face.nose),
        mouth=_member(library.MouthType, face.mouth),
        facial_hair=_member(library.FacialHairType, face.facial_hair),
        facial_hair_color=HAIR_COLOURS.get(face.facial_hair_colour, NONE),
        accessory=_member(library.AccessoryType, face.glasses),
        clothing=_member(library.ClothingType, face.clothing),
        clothing_color=CLOTHING_COLOURS[face.clothing_colour],
    ).render()
    left, top, width, height = FRAME
    drawing = drawing.replace(DRAWING_FRAME, f'viewBox="{left} {top} {width} {height}"', 1)
    return _put_back(drawing) if face.hair in SHIFTED_HAIR else drawing


def rasterise(
    svg: str, size: int, background: str, *, is_smooth: bool = True
) -> UInt8[np.ndarray, "size size 3"]:
    """Turn a drawing into pixels.

    Args:
        svg: A square drawing.
        size: Height and width of the picture, in pixels.
        background: Colour behind the drawing, such as `#FFFFFF`.
        is_smooth: Whether pixels on edges mix both sides; otherwise they take one.
    """
    try:
        import resvg_py
    except ModuleNotFoundError:
        raise MissingExtraError("resvg-py", EXTRA) from None
    png = resvg_py.svg_to_bytes(
        svg_string=svg,
        width=size,
        height=size,
        background=background,
        skip_system_fonts=True,
        shape_rendering="geometric_precision" if is_smooth else "crisp_edges",
    )
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


def _put_back(drawing: str) -> str:
    """Move glasses and beard to their position with any other hair."""
    for shifted, straight in SHIFTED_GROUPS.items():
        drawing = drawing.replace(shifted, straight, 1)
    return drawing


def _member(choices: type, name: str) -> Any:
    return getattr(choices, name.upper())
