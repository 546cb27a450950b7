"""Photos larger than a model's pictures, and masks as large as the photos."""

from dataclasses import replace
from typing import Any

import numpy as np

from stylemapgan.editing.checks import AnyImages
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.editing.edit_masks import mask_pixels
from stylemapgan.images.levels import to_numpy
from stylemapgan.images.resizing import shrink
from stylemapgan.types import Array, Mask


def photo_size(photos: AnyImages, size: int) -> int:
    """Tell how large photos may be: as large as they are, if the model's size divides that.

    Args:
        photos: Of any shape.
        size: Height and width of the model's pictures, in pixels.
    """
    length = int(photos.shape[-1])
    return size if length % size or length == 0 else length


def small_edit(edit: Edit, size: int) -> Edit:
    """Give the same edit with masks of the model's size."""
    return replace(edit, parts=tuple(replace(part, mask=_small(part, size)) for part in edit.parts))


def large_mask(part: Part[Any], size: int, length: int) -> Mask:
    """Give a part's mask as large as the photos.

    Args:
        part: Its mask is of the model's size, or as large as the photos.
        size: Height and width of the model's pictures, in pixels.
        length: Height and width of the photos.
    """
    mask = to_numpy(mask_pixels(part.mask, size))
    if mask.shape[-1] != size or length == size:
        return mask
    return np.kron(mask, np.ones((1, 1, length // size, length // size), mask.dtype))


def _small(part: Part[Any], size: int) -> Array:
    mask = mask_pixels(part.mask, size)
    return shrink(mask, size) if photo_size(mask, size) > size else mask
