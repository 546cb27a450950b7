"""Supported formats, and how their files are recognised."""

import struct

import pi_heif

from stylemapgan.images.colour import PixelError

pi_heif.register_heif_opener()  # AVIF comes with Pillow, HEIC does not

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "BMP", "TIFF", "GIF", "PPM")
"""Supported formats, as Pillow names them. Pillow knows more; some start other programs (EPS).

AVIF comes before HEIF: files of both may begin alike, and only AVIF's reader rejects HEIC at once.
"""
SUPPORTED = "JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF, GIF, PPM"
"""The same formats, as messages name them."""
IN_FOLDERS = "JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF"
"""Formats that folders and archives are searched for, as messages name them."""
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif", ".hif", ".bmp", ".tif", ".tiff"}
)
"""The file name suffixes of these formats, in lower case."""

SIGNATURES = (
    ("JPEG", b"\xff\xd8\xff"),
    ("PNG", b"\x89PNG\r\n\x1a\n"),
    ("TIFF", b"II*\0"),
    ("TIFF", b"MM\0*"),
    ("TIFF", b"II+\0"),
    ("TIFF", b"MM\0+"),
    ("GIF", b"GIF8"),
)
"""Format, and its files' first bytes."""
BOXED_BRANDS = (
    ("AVIF", (b"avif", b"avis")),
    ("HEIC", (b"heic", b"heix", b"heim", b"heis", b"mif1")),
    ("HEIC", (b"hevc", b"hevx", b"hevm", b"hevs", b"msf1")),
)
"""Format, and the brands that follow the word ftyp at byte 8."""


def recognised(content: bytes) -> str:
    """Name the format of a file by its first bytes; empty if it is not supported.

    Args:
        content: The file's bytes.
    """
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WebP"
    if content[4:8] == b"ftyp":
        return next((name for name, brands in BOXED_BRANDS if content[8:12] in brands), "")
    return next((name for name, start in SIGNATURES if content.startswith(start)), "")


def unsupported(content: bytes) -> str:
    """Say why Pillow cannot open a file; the text continues the file's name."""
    claimed = recognised(content)
    if claimed:
        return (
            f" is damaged, or a kind of {claimed} that is not supported; save it as an 8-bit PNG."
        )
    guess = " It looks like a web page." if content.lstrip().startswith(b"<") else ""
    return f": format not supported ({SUPPORTED} are).{guess}"


def check_boxes(content: bytes) -> None:
    """Refuse a HEIC file whose list of contents holds names that are not UTF-8.

    The decoder treats these names as text; up to version 1.4 it ends the whole process where they
    are not.

    Source: ISO/IEC 14496-12, sections 4.2 (boxes), 8.11.1 (`meta`) and 8.11.6 (`infe`).

    Args:
        content: The file's bytes.

    Raises:
        PixelError: A name is not text.
    """
    start = 0
    while start < len(content):
        kind, end = _box_at(content, start)
        if kind == b"meta":
            _check_names(content[start:end])
        start = end


def _box_at(content: bytes, start: int) -> tuple[bytes, int]:
    """Read the kind of a box and its end; an impossible length makes the rest a `meta` box."""
    if len(content) - start < 16:
        return b"meta", len(content)
    length, kind, long_length = struct.unpack_from(">I4sQ", content, start)
    if length == 0:  # up to the file's end
        return kind, len(content)
    if length == 1:
        length = long_length
    if length < 8:
        return b"meta", len(content)
    return kind, min(start + length, len(content))


def _check_names(meta: bytes) -> None:
    """Check every entry of a list of contents, anywhere in the box."""
    start = meta.find(b"infe")
    while start >= 0:
        (length,) = struct.unpack_from(">I", meta, start - 4) if start >= 4 else (0,)
        version = meta[start + 4] if start + 4 < len(meta) else 0
        first = start + (14 if version >= 3 else 12)  # after flags, number and protection
        names = meta[first : max(first + 4, start - 4 + length)]
        try:
            names.decode("utf-8")
        except UnicodeDecodeError:
            raise PixelError("is damaged: its list of contents is not text.") from None
        start = meta.find(b"infe", start + 4)
