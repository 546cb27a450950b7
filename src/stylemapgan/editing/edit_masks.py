"""Masks of an edit, and how JSON spells an edit."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float, Float32
from PIL import Image

from stylemapgan import images
from stylemapgan.editing.photo.square import Point, turn
from stylemapgan.errors import EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Array

PlainMask: TypeAlias = Float[np.ndarray, "1 1 size size"]
"""One mask as NumPy array."""
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
            f"The mask is the name of a part, {mask.name!r}: replace it with an array through "
            "Edit.resolve(mask=...)."
        )
    return mask


def middle_of(mask: PlainMask) -> Point | None:
    """Find the centre of mass of a mask, to whole pixels; None for an empty one.

    Whole pixels, so that a stroke more seldom means another picture to encode.
    """
    weight = mask[0, 0]
    total = float(weight.sum())
    if total == 0:
        return None
    places = np.arange(weight.shape[0]) + 0.5
    return (
        float(round(float(weight.sum(axis=0) @ places) / total)),
        float(round(float(weight.sum(axis=1) @ places) / total)),
    )


def turned_mask(mask: PlainMask, pivot: Point, rotation: float, scale: float) -> PlainMask:
    """Turn and scale a mask about a point; nothing comes in from outside."""
    x, y = pivot
    right, down = turn((1 / scale, 0.0), -rotation), turn((0.0, 1 / scale), -rotation)
    matrix = (
        *(right[0], down[0], x - right[0] * x - down[0] * y),
        *(right[1], down[1], y - right[1] * x - down[1] * y),
    )
    picture = Image.fromarray(mask[0, 0].astype(np.float32))
    turned = picture.transform(
        picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
    )
    return np.clip(np.asarray(turned), 0, 1)[None, None]


def refuse_other_masks(mask: Any) -> None:
    """Require an array, or one of the small values that stand for one.

    Raises:
        EditError: It is another value.
    """
    if not hasattr(mask, "shape") and not isinstance(mask, BoxMask | PngMask | PartMask):
        raise EditError(
            "A mask is an array of the shape (N or 1, 1, S, S), a BoxMask, a PngMask or a "
            f"PartMask, got {type(mask).__name__}."
        )


NUMBER = (int, float)
PART_KINDS: dict[str, tuple[type, ...]] = {
    "reference": (str,),
    "mask": (dict,),
    "shift": (list, tuple),
    "rotation": NUMBER,
    "scale": NUMBER,
    "strength": NUMBER,
    "space": (str,),
}
"""Field of a part in JSON → what it may be."""
PUSH_KINDS: dict[str, tuple[type, ...]] = {
    "direction": (str,),
    "amount": NUMBER,
    "mask": (dict, type(None)),
}
"""Field of a push in JSON → what it may be."""


def name_in_json(value: Any, what: str) -> str:
    """Require a name: JSON cannot hold arrays.

    Raises:
        EditError: It is another value.
    """
    if not isinstance(value, str):
        raise EditError(
            f"JSON needs the name of the {what}, got {type(value).__name__}; give it a name with "
            f"Edit.resolve({what}=...)."
        )
    return value


def fields_of_json(
    document: Any, kinds: Mapping[str, tuple[type, ...]], needed: Sequence[str] = ()
) -> dict[str, Any]:
    """Take the fields of a JSON object; `key`, which live painting adds, is left out."""
    if not isinstance(document, Mapping):
        raise EditError(f"Expected a JSON object, got {type(document).__name__}.")
    values = {name: value for name, value in document.items() if name != "key"}
    for name in needed:
        if name not in values:
            raise EditError(f"The field {name!r} is missing; given are: {', '.join(values)}.")
    for name, value in values.items():
        if name not in kinds:
            raise EditError(f"Unknown field {name!r}; known are: {', '.join(kinds)}.")
        if type(value) not in kinds[name]:
            raise EditError(f"The field {name!r} cannot be {str(value)[:80]!r}.")
    return {
        name: float(value) if kinds[name] is NUMBER else value for name, value in values.items()
    }


def mask_to_json(mask: EditMask) -> dict[str, Any]:
    """Spell a mask as HTTP requests do: `{"box": …}`, `{"part": …}` or `{"png": …}`.

    Raises:
        EditError: An array holds more than one mask.
    """
    if isinstance(mask, BoxMask):
        return {"box": [mask.x, mask.y, mask.width, mask.height]}
    if isinstance(mask, PartMask):
        return {"part": mask.name}
    content = mask.content if isinstance(mask, PngMask) else _packed(mask)
    return {"png": base64.b64encode(content).decode()}


def mask_from_json(spelled: Any) -> BoxMask | PartMask | PngMask:
    """Read what `mask_to_json` writes.

    Raises:
        EditError: It is spelled in another way.
    """
    if isinstance(spelled, Mapping) and len(spelled) == 1:
        ((kind, value),) = spelled.items()
        if kind == "part" and isinstance(value, str):
            return PartMask(name=value)
        if kind == "png" and isinstance(value, str):
            return PngMask(content=_bytes_of(value))
        if kind == "box" and _are_four_numbers(value):
            return BoxMask(**dict(zip(("x", "y", "width", "height"), value, strict=True)))
    raise EditError(
        'A mask is {"box": [x, y, width, height]}, {"part": name} or {"png": base64}, '
        f"got {str(spelled)[:80]}."
    )


def _are_four_numbers(value: Any) -> bool:
    return isinstance(value, list | tuple) and [type(number) for number in value] == 4 * [int]


def _bytes_of(text: str) -> bytes:
    """Unpack base64, with or without the `data:` address in front that browsers write."""
    try:
        return base64.b64decode(text.partition("base64,")[2] or text, validate=True)
    except (binascii.Error, ValueError):
        raise EditError("A painted mask must be a PNG in base64.") from None


def _packed(mask: Any) -> bytes:
    levels = np.rint(to_numpy(mask) * 255).astype(np.uint8)
    if levels.shape[:2] != (1, 1):
        raise EditError(
            f"JSON holds one mask for each part, got an array of the shape {levels.shape}."
        )
    packed = BytesIO()
    Image.fromarray(levels[0, 0]).save(packed, format="PNG")
    return packed.getvalue()
