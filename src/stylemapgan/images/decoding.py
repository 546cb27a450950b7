"""Decode untrusted picture files to upright sRGB pixels, or explain in one line why not."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from stylemapgan.errors import ImageError
from stylemapgan.images.colour import PixelError, eight_bit, opaque, to_srgb
from stylemapgan.images.formats import FORMATS, check_boxes, recognised, unsupported
from stylemapgan.images.photo_metadata import TURNS, orientation_of, quietly

MAX_PIXELS = 175_000_000
"""Larger pictures are refused: a small file can unpack to more than fits into memory.

Pillow itself refuses pictures beyond 179 million; changing that would affect the whole process.
"""
MAX_BYTES = 1_500_000_000
"""Larger files are refused unread; MAX_PIXELS of four 16-bit channels fit."""
UNNAMED = "The picture"
"""What messages call a picture that was given as bytes."""
QUARTER_TURNS = (
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.TRANSVERSE,
)
"""Turns that exchange height and width."""
JPEG_MARGIN = 8
"""A JPEG is decoded at 1/2, 1/4 or 1/8 if that is still this many times the wanted size.

This makes 12-megapixel photos quick. The price is aliasing: up to 7 % of a pattern too fine for the
small picture remains visible (measured), against 0.5 % if decoded in full.
"""


def read_pixels(
    source: Path | bytes, size: int | None = None, min_side: int = 1
) -> UInt8[np.ndarray, "height width 3"]:
    """Read a picture as sRGB bytes; transparent parts become white.

    Of an animation or several pages, the first is read; of a HEIC file, its primary picture.

    Args:
        source: A JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF, GIF or PPM file, or the bytes of one.
        size: Height and width of the result, in pixels: the middle square is cut out and
            resized. Without it, the picture keeps its size.
        min_side: Refuse pictures whose shorter side has fewer pixels.

    Returns:
        uint8, (height, width, 3), from 0 to 255.

    Raises:
        ImageError: The file is missing, not a picture, damaged, too large or too small. The
            message begins with the path, or with "The picture" where bytes were given.

    Example:
        ```python
        pixels = images.read_pixels(Path("hand.jpg"), size=64)  # (64, 64, 3)
        ```
    """
    with opened(source) as picture:
        if min(picture.size) < min_side:
            raise ImageError(
                f"{_name(source)} has only {picture.width}x{picture.height} pixels; "
                f"each side needs at least {min_side}."
            )
        if size is not None:
            picture.draft(None, (size * JPEG_MARGIN, size * JPEG_MARGIN))
        pixels = opaque(upright(picture), "white")
        if size is not None:
            pixels = middle_square(pixels, size, Image.Resampling.LANCZOS)
        return np.array(to_srgb(pixels, picture.info.get("icc_profile")))


@contextmanager
def opened(source: Path | bytes) -> Iterator[Image.Image]:
    """Open a picture; whatever Pillow raises while the block uses it becomes an ImageError."""
    name = _name(source)
    content = file_bytes(source) if isinstance(source, Path) else source
    refuse_length(len(content), name)
    try:
        if recognised(content) == "HEIC":
            check_boxes(content)
        with quietly():
            picture = Image.open(BytesIO(content), formats=FORMATS)
        with picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            yield picture
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(
            f"{name} has more than {MAX_PIXELS // 10**6} million pixels; make it smaller first."
        ) from None
    except UnidentifiedImageError:
        raise ImageError(f"{name}{unsupported(content)}") from None
    except PixelError as error:
        raise ImageError(f"{name} {error}") from None
    except Exception as error:  # Pillow's parsers raise exceptions of many kinds
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{name} is damaged: {reason}.") from error


def upright(picture: Image.Image) -> Image.Image:
    """Unpack a picture to eight bits and turn it upright; call it while the picture is `opened`."""
    unpack(picture)
    turn = TURNS.get(orientation_of(picture))
    pixels = eight_bit(picture)
    return pixels if turn is None else pixels.transpose(turn)


def upright_size(source: Path | bytes) -> tuple[int, int]:
    """Read the height and width of a picture as it is shown, without unpacking it.

    Raises:
        ImageError: The file is missing, or not a picture.
    """
    with opened(source) as picture:
        is_turned = TURNS.get(orientation_of(picture)) in QUARTER_TURNS
        width, height = picture.size
        return (width, height) if is_turned else (height, width)


def unpack(picture: Image.Image) -> None:
    """Unpack a picture's pixels and check their number; call it while the picture is `opened`."""
    promised = picture.size
    picture.load()
    if picture.size != promised:
        raise PixelError(
            f"is damaged: its header says {promised[0]}x{promised[1]} pixels, but it holds "
            f"{picture.width}x{picture.height}."
        )


def middle_square(picture: Image.Image, size: int, kernel: Image.Resampling) -> Image.Image:
    """Cut out the largest square in the middle and resize it.

    Pillow widens the kernel as it shrinks, which prevents aliasing.
    """
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.resize((size, size), kernel, box=(left, top, left + side, top + side))


def file_bytes(path: Path) -> bytes:
    """Read the bytes of a picture file.

    Raises:
        ImageError: It is missing, not a regular file, empty or too large.
    """
    try:
        if path.is_dir():
            raise ImageError(f"{path} is a folder; give a picture file.")
        if path.exists() and not path.is_file():
            raise ImageError(f"{path} is not a regular file; give a picture file.")
        refuse_length(path.stat().st_size, str(path))
        return path.read_bytes()
    except FileNotFoundError:
        raise ImageError(f"{path} does not exist.") from None
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror}.") from None


def refuse_length(length: int, name: str = UNNAMED) -> None:
    """Refuse files too short or too long to be a picture."""
    if not length:
        raise ImageError(f"{name} is empty (0 bytes).")
    if length > MAX_BYTES:
        raise ImageError(f"{name} has more than {MAX_BYTES // 10**6} MB; make it smaller first.")


def reason_of(error: ImageError, name: str = UNNAMED) -> str:
    """Cut the name off a message; the rest continues a sentence that begins with the name."""
    return str(error).removeprefix(name).lstrip(": ")


def _name(source: Path | bytes) -> str:
    return str(source) if isinstance(source, Path) else UNNAMED
