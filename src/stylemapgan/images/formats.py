"""Which pictures are read, and how their files are recognised."""

import pi_heif

pi_heif.register_heif_opener()  # AVIF comes with Pillow, HEIC does not

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "BMP", "TIFF", "GIF", "PPM")
"""What is read, in Pillow's words. Pillow knows more, some of which start other programs (EPS).

AVIF comes before HEIF: both may begin alike, and only the first says at once what is not its own.
"""
SUPPORTED = "JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF, GIF, PPM"
"""The same for people."""
IN_FOLDERS = "JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF"
"""What folders and archives are searched for, for people."""
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif", ".hif", ".bmp", ".tif", ".tiff"}
)
"""The same as names of files, in lower case."""

SIGNATURES = (
    ("JPEG", b"\xff\xd8\xff"),
    ("PNG", b"\x89PNG\r\n\x1a\n"),
    ("TIFF", b"II*\0"),
    ("TIFF", b"MM\0*"),
    ("TIFF", b"II+\0"),
    ("TIFF", b"MM\0+"),
    ("GIF", b"GIF8"),
)
"""Format, and how its files begin."""
BOXED_BRANDS = (
    ("AVIF", (b"avif", b"avis")),
    ("HEIC", (b"heic", b"heix", b"heim", b"heis", b"mif1")),
    ("HEIC", (b"hevc", b"hevx", b"hevm", b"hevs", b"msf1")),
)
"""Format, and what stands at byte 8 after the word ftyp."""


def recognised(content: bytes) -> str:
    """Name the format that a file claims by its first bytes; empty if it claims none that is read.

    Args:
        content: The file's bytes.
    """
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WebP"
    if content[4:8] == b"ftyp":
        return next((name for name, brands in BOXED_BRANDS if content[8:12] in brands), "")
    return next((name for name, start in SIGNATURES if content.startswith(start)), "")


def unsupported(content: bytes) -> str:
    """Say why Pillow cannot open a file; completes a sentence that begins with its name."""
    claimed = recognised(content)
    if claimed:
        return (
            f" is damaged, or a kind of {claimed} that is not supported; "
            "save it anew as an 8-bit PNG."
        )
    guess = " It looks like a web page." if content.lstrip().startswith(b"<") else ""
    return f": format not supported ({SUPPORTED} are).{guess}"
