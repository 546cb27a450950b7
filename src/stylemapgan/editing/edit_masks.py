"""Masks of an edit: an array, or a small value that becomes one when the picture is known."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float32

from stylemapgan import images
from stylemapgan.errors import EditError
from stylemapgan.types import Array

EditMask: TypeAlias = Any
"""An array (N or 1, 1, S, S) in [0, 1], or a `BoxMask`, `PngMask` or `PartMask`."""


@dataclass(frozen=True, kw_only=True)
class BoxMask:
    """A rectangle: 1 inside, 0 around it. All numbers are pixels of the model's image."""

    x: int
    """Left edge."""
    y: int
    """Top edge."""
    width: int
    height: int

    def pixels(self, size: int) -> Float32[np.ndarray, "1 1 size size"]:
        """Draw the rectangle.

        Args:
            size: Height and width of the model's image, in pixels.

        Raises:
            ImageError: The rectangle is empty or reaches outside the image.
        """
        return images.box_mask((self.x, self.y, self.width, self.height), size)


@dataclass(frozen=True, kw_only=True)
class PngMask:
    """A painted mask as the bytes of a PNG: white takes the reference, black keeps the source."""

    content: bytes

    def pixels(self, size: int) -> Float32[np.ndarray, "1 1 size size"]:
        """Unpack the PNG and resize it.

        Args:
            size: Height and width of the model's image, in pixels.

        Raises:
            ImageError: The PNG is damaged, or black everywhere.
        """
        return images.read_mask(self.content, size)


@dataclass(frozen=True, kw_only=True)
class PartMask:
    """An automatic part of the picture, such as `hair`; `Edit.resolve` turns it into an array."""

    name: str


def mask_pixels(mask: EditMask, size: int) -> Array:
    """Turn boxes and PNGs into arrays; arrays stay.

    Raises:
        EditError: The mask is still the name of a part.
        ImageError: A box or a PNG does not fit.
    """
    if isinstance(mask, BoxMask | PngMask):
        return mask.pixels(size)
    if isinstance(mask, PartMask):
        raise EditError(
            f"The mask is the part named {mask.name!r}: replace the name by an array with "
            "Edit.resolve(mask=...)."
        )
    return mask


def refuse_other_masks(mask: Any) -> None:
    """Let only arrays and the small values that stand for one pass.

    Raises:
        EditError: It is something else.
    """
    if not hasattr(mask, "shape") and not isinstance(mask, BoxMask | PngMask | PartMask):
        raise EditError(
            "A mask is an array of the shape (N or 1, 1, S, S), a BoxMask, a PngMask or a "
            f"PartMask, got {type(mask).__name__}."
        )
