"""The 256 levels of a byte and the numbers from -1 to 1 that networks see."""

import numpy as np
from jaxtyping import Float32, UInt8

from stylemapgan.errors import ImageError
from stylemapgan.types import Array


def from_bytes(
    pixels: UInt8[np.ndarray, "batch height width 3"],
) -> Float32[np.ndarray, "batch 3 height width"]:
    """Turn bytes into images: 0 becomes -1, 255 becomes 1."""
    channels_second = np.ascontiguousarray(np.moveaxis(pixels, -1, 1), dtype=np.float32)
    channels_second /= np.float32(127.5)
    channels_second -= np.float32(1)
    return channels_second


def to_bytes(images: Array) -> UInt8[np.ndarray, "batch height width 3"]:
    """Turn images into bytes, rounded to the nearest level; what is beyond -1 and 1 is clamped.

    Args:
        images: A batch, as a NumPy array or a PyTorch tensor of any device and precision.

    Raises:
        ImageError: The shape is no batch of RGB images, or a value is not a number.
    """
    array = to_numpy(images)
    if array.ndim != 4 or array.shape[1] != 3:
        raise ImageError(
            f"Images must have the shape (batch, 3, height, width), got {tuple(array.shape)}."
        )
    if np.isnan(array).any():
        raise ImageError("Images hold values that are not numbers (NaN): there is nothing to show.")
    levels = np.rint(np.clip((array + 1) * 127.5, 0, 255)).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(levels, 1, -1))


def to_numpy(array: Array) -> Float32[np.ndarray, "..."]:
    """Bring an array or a tensor to the CPU as float32 NumPy; PyTorch itself is not needed."""
    if hasattr(array, "detach"):
        array = array.detach().cpu().float().numpy()
    return np.asarray(array, dtype=np.float32)
