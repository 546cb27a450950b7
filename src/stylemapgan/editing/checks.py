"""Check the shapes and values of pictures, masks and batches."""

from typing import Any, TypeAlias

from array_api_compat import array_namespace

from stylemapgan.errors import EditError
from stylemapgan.types import Array

AnyImages: TypeAlias = Any
"""Images as a caller gives them, not yet checked: a NumPy array or a PyTorch tensor."""
AnyMask: TypeAlias = Any
"""A mask as a caller gives it, not yet checked."""


def refuse_unfit_images(images: AnyImages, size: int) -> None:
    """Require float images of the model's size.

    Raises:
        EditError: They have another shape, or hold bytes.
    """
    if images.ndim != 4 or images.shape[1] != 3 or images.shape[0] == 0:
        raise EditError(
            f"Images must have the shape (N, 3, {size}, {size}), got {tuple(images.shape)}."
        )
    height, width = images.shape[-2:]
    if (height, width) != (size, size):
        raise EditError(
            f"A picture of {height}x{width} pixels was given, this model edits {size}x{size}: "
            "crop it to a square and resize it."
        )
    if not array_namespace(images).isdtype(images.dtype, "real floating"):
        raise EditError(
            f"Images must be floats in [-1, 1], got {images.dtype}: convert bytes with "
            "stylemapgan.images.from_bytes."
        )


def refuse_unfit_mask(mask: AnyMask, size: int) -> None:
    """Require masks of the image's size with values in [0, 1].

    Raises:
        EditError: They have another shape or other values.
    """
    if mask.ndim != 4 or tuple(mask.shape[1:]) != (1, size, size) or mask.shape[0] == 0:
        raise EditError(
            f"A mask must have the shape (N or 1, 1, {size}, {size}), got {tuple(mask.shape)}."
        )
    low, high = float(mask.min()), float(mask.max())
    if not 0 <= low <= high <= 1:
        raise EditError(
            "A mask holds values from 0 (keep the source) to 1 (take the reference), "
            f"got {low:g} to {high:g}."
        )


def refuse_unequal_batches(*batches: Array) -> None:
    """Require batches of equal length; a batch of one fits any other.

    Raises:
        EditError: Two batches of more than one have different lengths.
    """
    counts = [len(batch) for batch in batches]
    if len({count for count in counts if count != 1}) > 1:
        raise EditError(
            f"Batches of {', '.join(map(str, counts))} do not fit each other: "
            "give one of each, or as many of one as of the other."
        )


def refuse_all_but_one(*batches: Array) -> None:
    """Require batches of one.

    Raises:
        EditError: A batch has another length.
    """
    counts = [len(batch) for batch in batches]
    if any(count != 1 for count in counts):
        raise EditError(
            f"This works on one picture at a time, got batches of {', '.join(map(str, counts))}."
        )
