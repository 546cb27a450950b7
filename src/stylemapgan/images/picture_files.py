"""Read images from files and write them to files."""

from collections.abc import Collection
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
"""Suffix → Pillow's name of the format, and its options."""
ANIMATION_ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".gif": ("GIF", {"disposal": 1}),
    ".webp": ("WEBP", {"quality": 90, "method": 4}),
}
"""Suffix → Pillow's name of the format, and its options."""


def read(path: Path | str, size: int | None = None) -> Float32[np.ndarray, "1 3 height width"]:
    """Read a picture as an sRGB image; transparent parts become white.

    Args:
        path: A JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF, GIF (first frame) or PPM file.
        size: Height and width of the result, in pixels: the middle square is cut out and
            resized. Without it, the picture keeps its size.

    Returns:
        float32, (1, 3, height, width), from -1 to 1.

    Raises:
        ImageError: The file is missing, not a picture, damaged or too large.

    Example:
        ```python
        photo = images.read("hand.jpg", editor.image_size)
        stylemap = editor.encode(photo)
        ```
    """
    return from_bytes(read_pixels(Path(path), size)[None])


def write(path: Path | str, images: Images, provenance: Provenance | None = None) -> None:
    """Write the first image of a batch; the file appears complete or not at all.

    Args:
        path: File to write; its suffix .png, .jpg, .jpeg or .webp selects the format.
        images: (batch, 3, height, width), from -1 to 1, as a NumPy array or a PyTorch tensor.
            Values beyond are clamped.
        provenance: What the file says about its origin; None writes the picture alone.

    Raises:
        ImageError: The suffix is unknown, the folder is missing, or the images have another
            shape or hold NaN.
        StorageError: The disk is full or writing is denied.

    Example:
        ```python
        images.write("blend.png", editor.decode(stylemap))
        ```
    """
    _save(Path(path), ENCODERS, [Image.fromarray(to_bytes(images[:1])[0])], {}, provenance)


def write_animation(
    path: Path | str,
    frames: Images,
    milliseconds_per_frame: int,
    provenance: Provenance | None = None,
) -> None:
    """Write images as an endless animation; the file appears complete or not at all.

    Args:
        path: File to write; its suffix .gif or .webp selects the format.
        frames: (frames, 3, height, width), from -1 to 1; at least one.
        milliseconds_per_frame: How long each frame shows, 10 to 60,000; GIF rounds down to tens.
        provenance: What the file says about its origin; None writes the pictures alone.

    Raises:
        ImageError: The suffix is unknown, the folder is missing, the time is out of range, or the
            frames have another shape or hold NaN.
        StorageError: The disk is full or writing is denied.

    Example:
        ```python
        images.write_animation("walk.webp", frames, milliseconds_per_frame=50)
        ```
    """
    MILLISECONDS.refuse(milliseconds_per_frame, ImageError)
    path = Path(path)
    pictures = [Image.fromarray(pixels) for pixels in to_bytes(frames)]
    if not pictures:
        raise ImageError(f"{path} needs at least one frame, got none.")
    if path.suffix.lower() == ".gif":  # 256 colours, chosen for each frame
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
    more_options: dict[str, Any],
    provenance: Provenance | None,
) -> None:
    refuse_unwritable(path, encoders)
    if not pictures:
        raise ImageError(f"{path} needs an image, got none.")
    format_name, options = encoders[path.suffix.lower()]
    options = options | more_options | save_options(provenance, format_name)
    encoded = BytesIO()  # on a full disk, Pillow's JPEG encoder silently cuts files short
    try:
        pictures[0].save(encoded, format=format_name, **options)
    except (OSError, ValueError) as error:  # more pixels along a side than the format allows
        raise ImageError(f"{path} cannot be written: {error}.") from None
    write_bytes(path, encoded.getvalue())


def refuse_unwritable(path: Path, suffixes: Collection[str]) -> None:
    """Let only files pass that can be written.

    Raises:
        ImageError: The suffix is not one of those given, or the folder does not exist.
    """
    if path.suffix.lower() not in suffixes:
        raise ImageError(
            f"{path} cannot be written as {path.suffix or 'a file without suffix'!r}: "
            f"use {', '.join(suffixes)}."
        )
    if not path.parent.is_dir():
        raise ImageError(
            f"{path} cannot be written: there is no folder {path.parent}; create it first."
        )
