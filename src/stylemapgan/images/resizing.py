"""Resize batches of images and masks by whole factors, and enlarge pictures smoothly."""

import numpy as np
from jaxtyping import Float32
from PIL import Image

from stylemapgan.errors import ImageError
from stylemapgan.types import Array


def shrink(values: Array, size: int) -> Array:
    """Average squares of pixels; values of that size already stay as they are.

    Args:
        values: Images or masks, (N, channels, L, L), of NumPy or PyTorch.
        size: Height and width of the result, in pixels; L is a whole multiple of it.

    Raises:
        ImageError: L is no whole multiple.
    """
    count, channels, length = values.shape[:3]
    if length == size:
        return values
    if length % size:
        raise ImageError(
            f"Pictures of {length} pixels do not shrink to {size}: the side must be a whole "
            f"multiple, such as {max(1, round(length / size)) * size}."
        )
    factor = length // size
    return values.reshape(count, channels, size, factor, size, factor).mean((3, 5))


def enlarge(
    images: Float32[np.ndarray, "batch channels small small"], size: int
) -> Float32[np.ndarray, "batch channels size size"]:
    """Enlarge images smoothly (bicubic); images of that size already stay as they are."""
    if images.shape[-1] == size:
        return images
    planes = images.reshape(-1, *images.shape[2:])
    large = [
        Image.fromarray(plane).resize((size, size), Image.Resampling.BICUBIC) for plane in planes
    ]
    return np.stack(list(map(np.asarray, large))).reshape(*images.shape[:2], size, size)
