"""Files of edits: write the edit of a command for `apply` and `video`, and find its model."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from cyclopts import Parameter

from stylemapgan import zoo
from stylemapgan.cli.own_photo import OwnPhoto
from stylemapgan.editing import Edit, Part, Push
from stylemapgan.editing.applying import SavedEdit
from stylemapgan.errors import CheckpointError
from stylemapgan.images.atomic import write_text

SaveEditOption: TypeAlias = Annotated[Path | None, Parameter(name="--save-edit")]
"""Where to write the edit, or nowhere."""


def save_part(path: Path, part: Part[OwnPhoto], model: str) -> None:
    """Write an edit of one part; its reference is named by its path relative to the file.

    Args:
        path: Where to: .json.
        part: With its mask as an array, and neither turned nor scaled yet.
        model: The model's name or path; folders of files are left out.
    """
    name = _relative(part.reference.path, path)
    edit = Edit(parts=(replace(part, reference=name),))
    squares = {name: asdict(part.reference.cropped.square)}
    _write(path, {"model": Path(model).name, **edit.to_json(), "squares": squares})


def save_push(path: Path, push: Push, directions: Path | None, model: str) -> None:
    """Write an edit of one push.

    Args:
        path: Where to: .json.
        push: Its direction is a name.
        directions: File of directions; None if they are the model's own.
        model: The model's name or path; folders of files are left out.
    """
    own = {} if directions is None else {"directions": _relative(directions, path)}
    _write(path, {"model": Path(model).name, **Edit(pushes=(push,)).to_json(), **own})


def model_of(saved: SavedEdit, edit: Path) -> str:
    """Find the model that an edit was made with; the default if it names none.

    Raises:
        CheckpointError: It names a model that is not bundled, whose file could be anywhere.
    """
    name = saved.model or zoo.BUNDLED[0]
    if name not in zoo.BUNDLED:
        raise CheckpointError(
            f"{edit} was made with the model {name}, which is not bundled: give its file with "
            "--model."
        )
    return name


def _relative(file: Path, path: Path) -> str:
    return Path(os.path.relpath(file, path.parent)).as_posix()


def _write(path: Path, document: dict[str, Any]) -> None:
    write_text(path, json.dumps(document, indent=1))
    print(f"wrote {path}")
