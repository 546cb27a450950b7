"""Projects that the Studio saved."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from stylemapgan.editing.applying.saved_edit import (
    SavedEdit,
    SavedPicture,
    embedded_photo,
    square_of_numbers,
)
from stylemapgan.editing.edit import Edit
from stylemapgan.editing.edit_masks import EditMask, PngMask
from stylemapgan.errors import EditError
from stylemapgan.images.decoding import opened
from stylemapgan.images.masks import mask_in

PROJECT = "stylemapgan-studio"
"""The `format` of the Studio's project files."""
PROJECT_VERSION = 2


def edit_of_project(document: dict[str, Any], path: Path) -> SavedEdit:
    """Read a project: hidden pieces and empty masks are left out, and its slider is applied.

    Raises:
        EditError: It is of another version, damaged, or lacks a picture.
    """
    if document.get("version") != PROJECT_VERSION:
        raise EditError(
            f"the project has version {document.get('version')}, expected {PROJECT_VERSION}: open "
            "it in the Studio and save it again."
        )
    try:
        hidden, morph = set(document["hidden"]), float(document["morph"])
        layers = document["edit"]
        parts = [part for part in layers["parts"] if part.get("key") not in hidden]
        edit = _shown(Edit.from_json({**layers, "parts": parts}), morph)
        used = {part.reference for part in edit.parts}
        pictures = {
            picture["id"]: _picture(picture)
            for picture in document["pictures"]
            if picture["id"] in used
        }
        missing = used - pictures.keys()
        if missing:
            raise EditError("it lacks the picture of a piece.")
        return SavedEdit(name=path.name, edit=edit, pictures=pictures, model=document["model"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EditError(f"the project is damaged ({error!r}); save it again.") from None


def _shown(edit: Edit, morph: float) -> Edit:
    """Keep what the Studio shows: painted pieces, and pushes that are not at zero."""
    return Edit(
        parts=tuple(
            replace(part, strength=part.strength * morph)
            for part in edit.parts
            if _is_painted(part.mask)
        ),
        pushes=tuple(
            replace(push, amount=push.amount * morph)
            for push in edit.pushes
            if push.amount != 0 and (push.mask is None or _is_painted(push.mask))
        ),
    )


def _is_painted(mask: EditMask) -> bool:
    """Whether a mask is not black everywhere."""
    if not isinstance(mask, PngMask):
        return True
    with opened(mask.content) as picture:
        return bool(mask_in(picture, min(picture.size)).any())


def _picture(saved: dict[str, Any]) -> SavedPicture:
    if saved["seed"] is not None:
        return SavedPicture(seed=int(saved["seed"]))
    square = saved["square"]
    return SavedPicture(
        content=embedded_photo(saved["photo"]),
        square=None if square is None else square_of_numbers(square),
    )
