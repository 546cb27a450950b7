"""Metadata of a picture's file: orientation, EXIF and XMP."""

import logging
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import ExifTags, Image

logger = logging.getLogger(__name__)

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → the turn that makes the picture upright."""
TURNED_BY_CONTAINER = ("AVIF", "HEIF")
"""Formats whose containers say how to turn the pixels; EXIF and XMP may repeat it, out of date."""
XMP_ORIENTATION = re.compile(
    rb"""\btiff:Orientation\s*=\s*(?:"\d*"|'\d*')|<tiff:Orientation>\s*\d*\s*</tiff:Orientation>"""
)

_warnings_lock = threading.Lock()  # warning filters are shared by all threads


def orientation_of(picture: Image.Image) -> int:
    """Read the EXIF orientation; 1 (upright) where it is missing or invalid.

    For HEIC files it is 1, since their decoder turns the pixels. For AVIF files it is the
    container's, which Pillow copies into the EXIF data.
    """
    if picture.format == "HEIF":
        return 1
    try:
        with quietly():
            orientation = _exif(picture).get(ExifTags.Base.Orientation, 1)
    except Exception as error:  # the pixels may be fine all the same
        logger.debug("Ignoring broken EXIF data: %s", error)
        return 1
    return orientation if orientation in TURNS else 1


def exif_of(picture: Image.Image) -> bytes | None:
    """Copy a picture's EXIF data for a file that stores its unpacked pixels."""
    exif = picture.info.get("exif")
    if not exif or picture.format != "HEIF":
        return exif
    try:  # the decoder resets only orientations that it finds itself
        tags = _exif(picture)
        if tags.get(ExifTags.Base.Orientation, 1) == 1:
            return exif
        tags[ExifTags.Base.Orientation] = 1
        return tags.tobytes()
    except Exception as error:
        logger.debug("Dropping broken EXIF data: %s", error)
        return None


def xmp_of(picture: Image.Image) -> bytes | None:
    """Copy a picture's XMP packet for a file that stores its unpacked pixels."""
    packet = picture.info.get("xmp")
    if packet is None or picture.format not in TURNED_BY_CONTAINER:
        return packet
    return XMP_ORIENTATION.sub(b"", packet)


@contextmanager
def quietly() -> Iterator[None]:
    """Silence Pillow's warnings about large pictures and odd EXIF data, which are checked here."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


def _exif(picture: Image.Image) -> Image.Exif:
    """Read EXIF tags; Pillow would also look for the orientation in the XMP packet."""
    if picture.format not in TURNED_BY_CONTAINER:
        return picture.getexif()
    tags = Image.Exif()
    tags.load(picture.info.get("exif") or b"")
    return tags
