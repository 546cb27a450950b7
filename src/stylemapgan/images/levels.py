"""Convert between bytes, from 0 to 255, and images, from -1 to 1."""

import numpy as np
from jaxtyping import Float32, UInt8

from stylemapgan.errors import ImageError
from stylemapgan.types import Array

REFERENCE_SIZE = 128
"""Height and width, in pixels, of the pictures that `batch_for` counts in."""


def from_bytes(
    pixels: UInt8[np.ndarray, "batch height width 3"],
) -> Float32[np.ndarray, "batch 3 height width"]:
    """Turn bytes into images: 0 becomes -1, 255 becomes 1.

    Args:
        pixels: RGB bytes of the shape (batch, height, width, 3), such as `read_pixels` returns
            for one picture.

    Returns:
        float32, (batch, 3, height, width).

    Example:
        ```python
        image = images.from_bytes(images.read_pixels(Path("hand.jpg"))[None])
        ```
    """
    channels_second = np.ascontiguousarray(np.moveaxis(pixels, -1, 1), dtype=np.float32)
    channels_second /= np.float32(127.5)
    channels_second -= np.float32(1)
    return channels_second


def to_bytes(images: Array) -> UInt8[np.ndarray, "batch height width 3"]:
    """Turn images into bytes: -1 becomes 0, 1 becomes 255, rounded to the nearest level.

    Args:
        images: (batch, 3, height, width), as a NumPy array or a PyTorch tensor of any device and
            precision. Values beyond -1 and 1 are clamped.

    Returns:
        uint8, (batch, height, width, 3).

    Raises:
        ImageError: The shape is not a batch of RGB images, or a value is NaN.

    Example:
        ```python
        PIL.Image.fromarray(images.to_bytes(edited)[0]).show()
        ```
    """
    array = to_numpy(images)
    if array.ndim != 4 or array.shape[1] != 3:
        raise ImageError(
            f"Images must have the shape (batch, 3, height, width), got {tuple(array.shape)}."
        )
    if np.isnan(array).any():
        raise ImageError("Images must hold numbers; some of these values are NaN.")
    levels = np.rint(np.clip((array + 1) * 127.5, 0, 255)).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(levels, 1, -1))


def to_numpy(array: Array) -> Float32[np.ndarray, "..."]:
    """Copy an array or tensor to the CPU as float32 NumPy; PyTorch need not be installed."""
    if hasattr(array, "detach"):
        array = array.detach().cpu().float().numpy()
    return np.asarray(array, dtype=np.float32)


def batch_for(size: int, most: int) -> int:
    """Choose a batch size that keeps memory constant: the larger the pictures, the fewer.

    Args:
        size: Height and width of the pictures, in pixels.
        most: Batch size for pictures of up to 128 pixels.

    Returns:
        As many pictures as have the pixels of `most` pictures of 128 pixels; at least one.
    """
    return max(1, min(most, most * REFERENCE_SIZE**2 // size**2))
