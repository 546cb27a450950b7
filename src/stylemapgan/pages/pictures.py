"""Pictures inside a page: bytes as text, small enough to send by mail."""

import base64
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from stylemapgan import images
from stylemapgan.pages.blocks import Picture

LOSSLESS_PIXELS = 128 * 128
"""Pictures up to this many pixels are stored exactly; larger ones as WebP."""
QUALITY = 88
"""Of WebP, of 100: no difference is seen at the size of a screen."""
SMALL = 256
"""Pictures whose longest side has fewer pixels show these pixels when enlarged."""


@dataclass(frozen=True)
class Embedded:
    """A picture as the page holds it."""

    uri: str
    width: int
    height: int

    @property
    def is_small(self) -> bool:
        """Whether single pixels matter."""
        return max(self.width, self.height) < SMALL


def embed(picture: Picture) -> Embedded:
    """Turn a picture into a data URI.

    Raises:
        ImageError: The file cannot be read, or the array is no image.
    """
    pixels = (
        images.read_pixels(picture.images)
        if isinstance(picture.images, Path)
        else images.to_bytes(picture.images[:1])[0]
    )
    shown = Image.fromarray(pixels)
    if picture.longest_side is not None:
        side = (picture.longest_side, picture.longest_side)
        shown.thumbnail(side, Image.Resampling.LANCZOS)
    kind, content = _encode(shown)
    text = base64.b64encode(content).decode("ascii")
    return Embedded(f"data:image/{kind};base64,{text}", shown.width, shown.height)


def _encode(picture: Image.Image) -> tuple[str, bytes]:
    memory = BytesIO()
    if picture.width * picture.height <= LOSSLESS_PIXELS:
        picture.save(memory, "PNG", optimize=True)
        return "png", memory.getvalue()
    picture.save(memory, "WEBP", quality=QUALITY, method=4)
    return "webp", memory.getvalue()
