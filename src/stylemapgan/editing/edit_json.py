"""Names, fields and masks of an edit as JSON spells them."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from stylemapgan.editing.edit_masks import BoxMask, EditMask, PartMask, PngMask
from stylemapgan.errors import EditError
from stylemapgan.images.levels import to_numpy

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
    """Let only names pass: JSON holds no arrays.

    Raises:
        EditError: It is something else.
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
