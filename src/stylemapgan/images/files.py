"""Images from files and into files."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32
from PIL import Image

from stylemapgan.config.ranges import MILLISECONDS
from stylemapgan.errors import ImageError
from stylemapgan.images.atomic import write_bytes
from stylemapgan.images.decoding import read_pixels
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.images.provenance import Provenance, save_options
from stylemapgan.types import Images

ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".webp": ("WEBP", {"quality": 95}),
}
"""Suffix → Pillow's name and settings."""
ANIMATION_ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".gif": ("GIF", {"disposal": 1}),
    ".webp": ("WEBP", {"quality": 90, "method": 4}),
}
"""Suffix → Pillow's name and settings."""


def read(path: Path | str, size: int | None = None) -> Float32[np.ndarray, "1 3 height width"]:
    """Read a picture as an sRGB image; transparent parts become white.

    Args:
        path: JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF, GIF (its first frame) or PPM.
        size: Height and width of the result, in pixels: the middle square is cut out and
            resized. Without it, the picture stays as it is.

    Raises:
        ImageError: The file is missing, no picture, damaged or too large.
    """
    return from_bytes(read_pixels(Path(path), size)[None])


def write(path: Path | str, images: Images, provenance: Provenance | None = None) -> None:
    """Write the first image; the file appears whole or not at all.

    Args:
        path: Where to; its suffix .png, .jpg, .jpeg or .webp decides the format.
        images: A NumPy array or a PyTorch tensor.
        provenance: What the file tells about its origin; None writes nothing but the picture.

    Raises:
        ImageError: The suffix is unknown, the folder is missing, or the images are of no use.
        StorageError: The disk is full or writing is denied.
    """
    _save(Path(path), ENCODERS, [Image.fromarray(to_bytes(images[:1])[0])], {}, provenance)


def write_animation(
    path: Path | str,
    frames: Images,
    milliseconds_per_frame: int,
    provenance: Provenance | None = None,
) -> None:
    """Write images as an animation that starts over at its end.

    Args:
        path: Where to; its suffix .gif or .webp decides the format.
        frames: At least one image.
        milliseconds_per_frame: How long each shows, from 10; GIF rounds down to tens.
        provenance: What the file tells about its origin.

    Raises:
        ImageError: The suffix is unknown, the folder is missing, the time is out of its range, or
            the frames are of no use.
        StorageError: The disk is full or writing is denied.
    """
    MILLISECONDS.refuse(milliseconds_per_frame, ImageError)
    path = Path(path)
    pictures = [Image.fromarray(pixels) for pixels in to_bytes(frames)]
    if not pictures:
        raise ImageError(f"{path} needs at least one frame, got none.")
    if path.suffix.lower() == ".gif":  # 256 colours, chosen anew for each frame
        pictures = [picture.convert("P", palette=Image.Palette.ADAPTIVE) for picture in pictures]
    timing = {
        "save_all": True,
        "append_images": pictures[1:],
        "duration": milliseconds_per_frame,
        "loop": 0,
    }
    _save(path, ANIMATION_ENCODERS, pictures, timing, provenance)


def _save(
    path: Path,
    encoders: dict[str, tuple[str, dict[str, Any]]],
    pictures: list[Image.Image],
    more_settings: dict[str, Any],
    provenance: Provenance | None,
) -> None:
    if path.suffix.lower() not in encoders:
        raise ImageError(
            f"{path} cannot be written as {path.suffix or 'a file without suffix'!r}; "
            f"use {', '.join(encoders)}."
        )
    if not path.parent.is_dir():
        raise ImageError(f"{path} cannot be written: there is no folder {path.parent}.")
    if not pictures:
        raise ImageError(f"{path} needs an image, got none.")
    format_name, settings = encoders[path.suffix.lower()]
    settings = settings | more_settings | save_options(provenance, format_name)
    packed = BytesIO()  # into a file, Pillow's JPEG encoder loses the end on a full disk, silently
    try:
        pictures[0].save(packed, format=format_name, **settings)
    except (OSError, ValueError) as error:  # more pixels along a side than the format allows
        raise ImageError(f"{path} cannot be written: {error}.") from None
    write_bytes(path, packed.getvalue())
