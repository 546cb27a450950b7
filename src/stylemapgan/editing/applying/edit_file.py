"""Edits in files: JSON that names photos by their paths, and project files of the Studio."""

import base64
import json
from pathlib import Path
from typing import Any

from stylemapgan.editing.applying.saved_edit import (
    SavedEdit,
    SavedPicture,
    embedded_photo,
    square_of_numbers,
)
from stylemapgan.editing.applying.studio_project import PROJECT, edit_of_project
from stylemapgan.editing.edit import Edit
from stylemapgan.editing.edit_masks import fields_of_json
from stylemapgan.editing.photo import Square, known_square
from stylemapgan.errors import ConfigError, EditError, ImageError
from stylemapgan.images.decoding import file_bytes

FIELDS: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "parts": (list,),
    "pushes": (list,),
    "squares": (dict,),
    "directions": (str,),
}
"""Field of an edit's file → what it may be."""
EMBEDDED = "data:"
"""How a photo begins that is not a path but the photo itself, in base64."""


def read_edit(path: Path) -> SavedEdit:
    """Read an edit: the JSON of an edit, or a project that the Studio saved.

    The JSON is what `Edit.to_json` writes. References are photos, as paths relative to the file or
    as data URLs; a mask may also be `{"file": path}`. Further fields are optional: `model`, a name;
    `squares`, reference → `{"x": …, "y": …, "side": …, "rotation": …}`; `directions`, a path.

    Raises:
        EditError: The file is missing, is neither, holds nothing to do, or names what is not there.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise EditError(f"The edit {path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise EditError(
            f"{path} is not JSON: give a project that the Studio saved, or the JSON of an edit."
        ) from None
    try:
        is_project = isinstance(document, dict) and document.get("format") == PROJECT
        saved = edit_of_project(document, path) if is_project else _of_json(document, path)
        if not saved.edit.parts and not saved.edit.pushes:
            raise EditError("it holds nothing to do: neither parts nor pushes.")
    except (EditError, ImageError, ConfigError) as error:
        raise EditError(f"{path}: {error}") from None
    return saved


def _of_json(document: Any, path: Path) -> SavedEdit:
    folder = path.parent
    fields = fields_of_json(document, FIELDS)
    layers = {
        kind: [_with_mask(layer, folder) for layer in fields.get(kind, ())]
        for kind in ("parts", "pushes")
    }
    edit = Edit.from_json(layers)
    squares = {
        name: square_of_numbers(numbers) for name, numbers in fields.get("squares", {}).items()
    }
    names = list(dict.fromkeys(part.reference for part in edit.parts))
    if unknown := [name for name in squares if name not in names]:
        raise EditError(f"squares names {unknown[0]!r}, which is no part's reference.")
    directions = fields.get("directions")
    return SavedEdit(
        name=path.name,
        edit=edit,
        pictures={name: _photo(name, folder, squares.get(name)) for name in names},
        model=fields.get("model"),
        directions=None if directions is None else folder / directions,
    )


def _with_mask(layer: Any, folder: Path) -> Any:
    """Read the file that a part's or a push's mask names."""
    mask = layer.get("mask") if isinstance(layer, dict) else None
    if not isinstance(mask, dict) or list(mask) != ["file"]:
        return layer
    content = file_bytes(folder / str(mask["file"]))
    return {**layer, "mask": {"png": base64.b64encode(content).decode()}}


def _photo(name: str, folder: Path, square: Square | None) -> SavedPicture:
    if name.startswith(EMBEDDED):
        return SavedPicture(content=embedded_photo(name), square=square)
    path = folder / name
    return SavedPicture(content=file_bytes(path), square=square or known_square(path))
