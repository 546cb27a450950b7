"""Edit pictures: encode once, edit many times.

`Editor` is imported when first asked for, since it needs PyTorch; the rest does not.
"""

from typing import TYPE_CHECKING, Any

from stylemapgan.editing.abstract import AbstractEditor, Piece
from stylemapgan.errors import MissingExtraError

if TYPE_CHECKING:
    from stylemapgan.editing.editor import Editor

__all__ = ["AbstractEditor", "Editor", "Piece"]


def __getattr__(name: str) -> Any:
    if name != "Editor":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from stylemapgan.editing.editor import Editor
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("PyTorch", "train") from None
    return Editor
