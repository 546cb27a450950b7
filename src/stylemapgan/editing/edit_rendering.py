"""From an `Edit` to what the synthesis network takes."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from stylemapgan.editing import operations
from stylemapgan.editing.checks import refuse_all_but_one
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.editing.edit_masks import mask_pixels
from stylemapgan.editing.operations import WPlus
from stylemapgan.editing.photo import CroppedPhoto, PlacedPhoto, PlacedReference
from stylemapgan.editing.photo.placing import shifted_square
from stylemapgan.editing.photo.square import Point, turned_square
from stylemapgan.errors import EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Array, Images, Mask, Stylemap

AnyPicture: TypeAlias = Any
"""Images (N, 3, S, S), stylemaps (N, C, h, w) or a `CroppedPhoto`."""


def edited_w_plus(
    edit: Edit, source: Stylemap, resize: Callable[[Stylemap], WPlus], fade: int
) -> WPlus:
    """Do everything but the synthesis.

    Args:
        edit: What to do. References are stylemaps (N, C, h, w), masks and directions arrays, and
            no part is turned.
        source: Stylemaps to edit, (N, C, h, w).
        resize: The editor's `resize`, or one that remembers what it resized before.
        fade: The model's `border_fade`.

    Raises:
        EditError: Stylemaps or masks do not fit each other, or a part is turned.
    """
    if any(part.is_turned for part in edit.parts):
        raise EditError("A part with a rotation or a scale must be straightened first.")
    w = source
    for push in edit.pushes:
        w = operations.push(w, push.direction, push.amount, push.mask)
    for part in edit.parts:
        if part.space == "w":
            (w,) = _paste([w], [part.reference], part, fade)
    w_plus = resize(w)
    for part in edit.parts:
        if part.space == "w-plus":
            w_plus = _paste(w_plus, resize(part.reference), part, fade)
    return w_plus


def _paste(source: WPlus, reference: WPlus, part: Part[Any], fade: int) -> WPlus:
    """Paste at every resolution given."""
    shift, strength = part.shift, part.strength
    return operations.transplant(source, reference, part.mask, shift, strength, fade=fade)


def refuse_names(what: str, value: Any) -> None:
    """Require a value that is resolved.

    Raises:
        EditError: It is still a name.
    """
    if isinstance(value, str):
        raise EditError(
            f"The {what} is still the name {value!r}: replace it with Edit.resolve({what}=...)."
        )


def resolved(
    edit: Edit,
    size: int,
    encode: Callable[[AnyPicture], Stylemap],
    as_mask: Callable[[Mask], Mask],
    as_array: Callable[[Array], Array],
) -> Edit:
    """Turn references into stylemaps, and masks and directions into an editor's arrays.

    Args:
        edit: Holds no names.
        size: Height and width of the model's image, in pixels.
        encode: Finds the stylemaps of a reference.
        as_mask: The editor's own.
        as_array: The editor's own.
    """
    edit = edit.resolve(
        mask=lambda mask, _: as_mask(mask_pixels(mask, size)),
        direction=lambda direction: as_array(step_of(direction)),
    )
    parts = tuple(part.straightened(partial(turned_picture, size)) for part in edit.parts)
    return replace(edit, parts=parts).resolve(reference=encode, mask=lambda mask, _: as_mask(mask))


def placed_references(
    edit: Edit, size: int, reconstruct: Callable[[AnyPicture], Images]
) -> tuple[PlacedReference, ...]:
    """Place the references of an edit's parts over its source, for `paste_back`.

    Args:
        edit: Holds no names.
        size: Height and width of the model's image, in pixels.
        reconstruct: What the model makes of a picture, (1, 3, S, S); called with each part's
            reference, turned already.

    Raises:
        EditError: The edit still holds names, or several pictures or masks in one part.
    """
    edit = edit.resolve(mask=lambda mask, _: mask_pixels(mask, size))
    placed = []
    for part in edit.pasted_parts:
        straight = part.straightened(partial(turned_crop, size))
        picture = _picture(straight.reference, size)
        photo = picture and placed_photo(picture, reconstruct(picture), straight.shift)
        placed.append(placed_reference(straight, photo))
    return tuple(placed)


def placed_photo(
    picture: CroppedPhoto, reconstruction: Images, shift: tuple[int, int]
) -> PlacedPhoto:
    """Place a picture over the source's square.

    Args:
        picture: The reference, turned and scaled already.
        reconstruction: What the model makes of it, (1, 3, S, S).
        shift: How far it moves down and to the right, in pixels of the model's image.
    """
    size = reconstruction.shape[-1]
    return PlacedPhoto(
        photo=picture.photo,
        square=shifted_square(picture.square, size, shift),
        reconstruction=operations.move(to_numpy(reconstruction), shift),
    )


def placed_reference(part: Part[Any], picture: PlacedPhoto | None) -> PlacedReference:
    """Say where a part takes pixels from.

    Args:
        part: Straightened; its mask is an array.
        picture: Its reference; None if that is invented.

    Raises:
        EditError: The part has several masks.
    """
    mask = np.float32(part.strength) * part.landed(part.mask.shape[-1])
    refuse_all_but_one(mask)
    return PlacedReference(mask=mask, picture=picture)


def _picture(reference: AnyPicture, size: int) -> CroppedPhoto | None:
    """Find the picture of a reference; None for a stylemap, which has none."""
    refuse_names("reference", reference)
    if isinstance(reference, CroppedPhoto):
        return reference
    if tuple(reference.shape[1:]) != (3, size, size):
        return None
    refuse_all_but_one(reference)
    return CroppedPhoto.of_image(reference)


def step_of(direction: Any) -> Stylemap:
    """Find what a push adds for an amount of 1: a `Direction` knows it, an array is it.

    Raises:
        EditError: The direction is still a name.
    """
    refuse_names("direction", direction)
    return getattr(direction, "step", direction)


def turned_picture(
    size: int, picture: AnyPicture, pivot: Point, rotation: float, scale: float
) -> Images:
    """Cut a reference out of its photo again, turned and scaled.

    Args:
        size: Height and width of the model's image, in pixels.
        picture: One image of that size, or a `CroppedPhoto`.
        pivot: What stays where it is, to the right and down, in pixels of the model's image.
        rotation: How far the picture turns clockwise, in degrees.
        scale: How much larger it becomes.

    Raises:
        EditError: The reference is not a picture, or holds several.
    """
    return turned_crop(size, picture, pivot, rotation, scale).image(size)


def turned_crop(
    size: int, picture: AnyPicture, pivot: Point, rotation: float, scale: float
) -> CroppedPhoto:
    """Like `turned_picture`, with the photo at its full resolution."""
    found = _picture(picture, size)
    if found is None:
        raise EditError(
            "A part with a rotation or a scale needs the picture of its reference: give an "
            "image or a CroppedPhoto, not a stylemap."
        )
    square = turned_square(found.square, size, pivot, rotation, scale)
    return replace(found, square=square)


def arrays_of(edit: Edit) -> list[Array]:
    """List references and masks of a resolved edit."""
    masks = [push.mask for push in edit.pushes if push.mask is not None]
    return [*(array for part in edit.parts for array in (part.reference, part.mask)), *masks]


def at_strength(edit: Edit, strength: float) -> Edit:
    """Give the same edit with another strength of its parts."""
    return replace(edit, parts=tuple(replace(part, strength=strength) for part in edit.parts))


def remembering(compute: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Give a function that computes once for each object, so that nothing is encoded twice."""
    kept: dict[int, tuple[Any, Any]] = {}  # the object stays alive, so its id stays unique

    def remembered(given: Any) -> Any:
        if id(given) not in kept:
            kept[id(given)] = given, compute(given)
        return kept[id(given)][1]

    return remembered
