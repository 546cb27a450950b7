"""Edit pictures: encode once, edit many times.

`Editor` and `OnnxEditor` are imported when first asked for, with what runs their networks; the
rest needs neither.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.edit import Edit, Part, Push, Space
from stylemapgan.editing.edit_masks import BoxMask, PartMask, PngMask
from stylemapgan.editing.opening import open_editor
from stylemapgan.editing.photo import CroppedPhoto
from stylemapgan.errors import MissingExtraError

if TYPE_CHECKING:
    from stylemapgan.editing.editor import Editor
    from stylemapgan.editing.onnx_editor import OnnxEditor

__all__ = [
    "AbstractEditor",
    "BoxMask",
    "CroppedPhoto",
    "Edit",
    "Editor",
    "OnnxEditor",
    "Part",
    "PartMask",
    "PngMask",
    "Push",
    "Space",
    "open_editor",
]

_HOMES = {
    "Editor": "stylemapgan.editing.editor",
    "OnnxEditor": "stylemapgan.editing.onnx_editor",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("PyTorch", "train") from None
