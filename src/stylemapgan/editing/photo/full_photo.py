"""A user's photo as its file has it."""

import logging
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from stylemapgan.editing.photo.sampling import as_rgb, sample
from stylemapgan.editing.photo.square import (
    Square,
    is_lying,
    stored_square,
    to_upright,
)
from stylemapgan.errors import ImageError
from stylemapgan.images.atomic import write_bytes
from stylemapgan.images.colour import opaque, to_srgb
from stylemapgan.images.decoding import opened, unpack
from stylemapgan.images.levels import from_bytes
from stylemapgan.images.photo_metadata import exif_of, orientation_of, xmp_of
from stylemapgan.images.picture_files import refuse_unwritable
from stylemapgan.images.provenance import Provenance, save_options

logger = logging.getLogger(__name__)

Format = Literal["png", "jpeg", "webp"]
FORMATS: dict[str, Format] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
"""Suffix → format."""
SETTINGS: dict[Format, dict[str, Any]] = {
    "png": {"compress_level": 3},  # four times as fast as the default 6, no larger
    "jpeg": {"subsampling": 0},
    "webp": {"method": 2},
}
"""Format → Pillow's settings."""
MAX_EXIF = 65_527
"""Bytes of EXIF data that fit a JPEG's segment; longer ones are left out."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FullPhoto:
    """A photo at full resolution, with what its file says about it.

    Pixels lie as the file stores them; every method speaks of the photo as people see it.
    Nothing changes a photo: an edit makes a new one.
    """

    pixels: Image.Image
    """RGB or RGBA in the photo's own colours, in the file's layout."""
    orientation: int = 1
    """The EXIF orientation: how to turn the pixels upright."""
    exif: bytes | None = None
    """The file's EXIF data, the orientation among them."""
    profile: bytes | None = None
    """ICC profile: what the pixels' numbers mean; None is sRGB."""
    xmp: bytes | None = None
    """The file's XMP packet."""

    @classmethod
    def read(cls, source: Path | bytes) -> "FullPhoto":
        """Read a photo.

        RGB of eight bits stays exactly as it is, transparency too. Grey, palettes, CMYK and
        sixteen bits become eight-bit sRGB; of an animation the first frame is taken, of several
        pictures in a HEIC file the primary one.

        Args:
            source: A file, or the bytes of one: JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF, GIF or PPM.

        Raises:
            ImageError: The file is missing, no picture, damaged or too large.
        """
        with opened(source) as picture:
            unpack(picture)
            pixels, profile = as_rgb(picture)
            pixels.info = {}  # or Pillow would write what no longer holds
            return cls(
                pixels=pixels,
                orientation=orientation_of(picture),
                exif=exif_of(picture),
                profile=profile,
                xmp=xmp_of(picture),
            )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as seen, in pixels."""
        width, height = self.pixels.size
        return (height, width) if is_lying(self.orientation) else (width, height)

    @property
    def width(self) -> int:
        """Width as seen, in pixels."""
        return self.size[0]

    @property
    def height(self) -> int:
        """Height as seen, in pixels."""
        return self.size[1]

    def upright_srgb(self, longest: int | None = None) -> UInt8[np.ndarray, "height width 3"]:
        """Show the photo as people see it; transparent parts become white.

        Args:
            longest: Shrink the longer side to this many pixels; a smaller photo stays as it is.
        """
        pixels = self.pixels
        if longest is not None and longest < max(pixels.size):
            scale = longest / max(pixels.size)
            width, height = (max(1, round(length * scale)) for length in pixels.size)
            pixels = pixels.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        shown = np.asarray(to_srgb(opaque(pixels, "white"), self.profile))
        return np.ascontiguousarray(to_upright(shown, self.orientation))

    def crop_pixels(self, square: Square, size: int) -> UInt8[np.ndarray, "size size 3"]:
        """Cut out a square and resize it, as sRGB bytes.

        Args:
            square: Where; beyond the photo its edge pixels repeat.
            size: Width and height of the result, in pixels.

        Raises:
            EditError: The square lies outside the photo altogether.
        """
        stored = stored_square(square, self.orientation, self.size)
        cut = to_srgb(sample(self.pixels, stored, size), self.profile)
        return np.ascontiguousarray(to_upright(np.asarray(cut), self.orientation))

    def crop(self, square: Square, size: int) -> Float32[np.ndarray, "1 3 size size"]:
        """Cut out a square as the image a model takes; see `crop_pixels`."""
        return from_bytes(self.crop_pixels(square, size)[None])

    def to_bytes(
        self,
        format: Format,  # noqa: A002
        provenance: Provenance | None = None,
        quality: int = 95,
    ) -> bytes:
        """Pack the photo into a file's bytes, with its EXIF data, ICC profile and XMP packet.

        Args:
            format: PNG keeps every pixel; JPEG and WebP compress the whole photo anew.
            provenance: Say in the file that a model took part.
            quality: Of JPEG and WebP, up to 100.

        Raises:
            ImageError: The photo has more pixels along a side than the format allows.
        """
        pixels = opaque(self.pixels, "white") if format == "jpeg" else self.pixels
        settings = {**SETTINGS[format], **save_options(provenance, format, self.xmp)}
        settings.update(self._notes())
        if format != "png":
            settings["quality"] = quality
        packed = BytesIO()
        try:
            pixels.save(packed, format=format.upper(), **settings)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise ImageError(
                f"A photo of {self.width}x{self.height} pixels cannot become a "
                f"{format.upper()} file: {reason}."
            ) from None
        return packed.getvalue()

    def write(self, path: Path | str, provenance: Provenance | None = None) -> None:
        """Write the photo; the file appears whole or not at all.

        Args:
            path: Where to; its suffix .png, .jpg, .jpeg or .webp decides the format.
            provenance: Say in the file that a model took part.

        Raises:
            ImageError: The suffix is unknown, or the folder is missing.
            StorageError: The disk is full or writing is denied.
        """
        path = Path(path)
        refuse_unwritable(path, FORMATS)
        write_bytes(path, self.to_bytes(FORMATS[path.suffix.lower()], provenance))

    def _notes(self) -> dict[str, bytes]:
        notes = {} if self.profile is None else {"icc_profile": self.profile}
        if self.exif and len(self.exif) <= MAX_EXIF:
            return {**notes, "exif": self.exif}
        if self.exif:
            logger.info("EXIF data of %d bytes is too long and left out.", len(self.exif))
        return notes
