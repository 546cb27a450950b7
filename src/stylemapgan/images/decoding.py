"""From a file nobody vouches for to upright sRGB pixels, or to one line that says why not."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from stylemapgan.errors import ImageError
from stylemapgan.images.colour import eight_bit, opaque, to_srgb
from stylemapgan.images.depth import PixelError
from stylemapgan.images.formats import FORMATS, recognised, unsupported
from stylemapgan.images.heif_boxes import check_boxes
from stylemapgan.images.notes import TURNS, orientation_of, quietly

MAX_PIXELS = 175_000_000
"""Larger pictures are refused: a small file can unpack to more than the memory holds.

Pillow itself opens nothing beyond 179 million, and changing that would change it for the
whole process.
"""
MAX_BYTES = 1_500_000_000
"""Larger files are refused unread; MAX_PIXELS with 16 bits in four channels fits."""
UNNAMED = "The picture"
"""How messages call a picture that came as bytes."""
JPEG_MARGIN = 8
"""A JPEG is unpacked at 1/2, 1/4 or 1/8 if still this many times larger than what is wanted.

That makes a 12-megapixel photo quick. The price: a wave too fine for the small picture may
come through at up to 7 % of its strength (measured), against 0.5 % if unpacked in full.
"""


def read_pixels(
    source: Path | bytes, size: int | None = None, min_side: int = 1
) -> UInt8[np.ndarray, "height width 3"]:
    """Read a picture as sRGB bytes; transparent parts become white.

    Of an animation the first frame is taken, of several pages the first, of several pictures in
    a HEIC file the one that the file calls primary.

    Args:
        source: A file, or the bytes of one, in one of the `formats.FORMATS`.
        size: Height and width of the result, in pixels: the middle square is cut out and
            resized. Without it, the picture stays as it is.
        min_side: Refuse pictures whose shorter side has fewer pixels.

    Raises:
        ImageError: The file is missing, no picture, damaged, too large or too small. The message
            begins with the path, or with `UNNAMED` where bytes were given.
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
    """Open a picture; whatever Pillow meets while the block uses it becomes an ImageError."""
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
    except Exception as error:  # Pillow raises whatever its parsers trip over
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{name} is damaged: {reason}.") from error


def upright(picture: Image.Image) -> Image.Image:
    """Unpack a picture to eight bits, turned as its camera was held; only while it is `opened`."""
    unpack(picture)
    turn = TURNS.get(orientation_of(picture))
    pixels = eight_bit(picture)
    return pixels if turn is None else pixels.transpose(turn)


def unpack(picture: Image.Image) -> None:
    """Unpack a picture's pixels, which must be as many as its file said; only while `opened`."""
    said = picture.size
    picture.load()
    if picture.size != said:
        raise PixelError(
            f"is damaged: it says {said[0]}x{said[1]} pixels and holds "
            f"{picture.width}x{picture.height}."
        )


def middle_square(picture: Image.Image, size: int, kernel: Image.Resampling) -> Image.Image:
    """Cut out the largest square in the middle and resize it.

    Pillow widens the kernel by the factor of shrinking, so no frequency folds back.
    """
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.resize((size, size), kernel, box=(left, top, left + side, top + side))


def file_bytes(path: Path) -> bytes:
    """Read a file that should be a picture.

    Raises:
        ImageError: It is missing, no ordinary file, empty or far too long.
    """
    try:
        if path.is_dir():
            raise ImageError(f"{path} is a folder; a picture is expected.")
        if path.exists() and not path.is_file():
            raise ImageError(f"{path} is no ordinary file; a picture is expected.")
        refuse_length(path.stat().st_size, str(path))
        return path.read_bytes()
    except FileNotFoundError:
        raise ImageError(f"{path} does not exist.") from None
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror}.") from None


def refuse_length(length: int, name: str = UNNAMED) -> None:
    """Raise an ImageError for a file too short or too long to be a picture."""
    if not length:
        raise ImageError(f"{name} is empty (0 bytes).")
    if length > MAX_BYTES:
        raise ImageError(f"{name} has more than {MAX_BYTES // 10**6} MB; make it smaller first.")


def reason_of(error: ImageError, name: str = UNNAMED) -> str:
    """Cut the name off a message; the rest completes a sentence that begins with it."""
    return str(error).removeprefix(name).lstrip(": ")


def _name(source: Path | bytes) -> str:
    return str(source) if isinstance(source, Path) else UNNAMED
