"""Find the square of a photo that suits a model."""

from typing import TYPE_CHECKING

from stylemapgan.editing.framing.refining import refine_square
from stylemapgan.editing.photo.cropped_photo import FINDERS, Find
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.square import Square
from stylemapgan.errors import ImageError, MissingExtraError

if TYPE_CHECKING:
    from stylemapgan.editing.abstract import AbstractEditor


def find_square(
    editor: "AbstractEditor", photo: FullPhoto, find: Find, *, refine: bool = True
) -> Square:
    """Find the square of a photo, and refine it by the model's own view if that was learned.

    Args:
        editor: Runs the model. Without a `framing` for this finder the square is not refined.
        photo: The photo.
        find: What finds the square.
        refine: Whether to refine it.

    Raises:
        ImageError: A face was to be found, and there is none.
        MissingExtraError: A face was to be found, and OpenCV is not installed.
    """
    square = FINDERS[find](photo)
    framing = editor.framing
    if not refine or framing is None or framing.find != find:
        return square
    return refine_square(editor, framing, photo, square)


def usual_square(editor: "AbstractEditor", photo: FullPhoto, *, refine: bool = True) -> Square:
    """Find the square of a photo with the finder that suits the model: for portraits a face.

    If that finds nothing, or cannot run here, the foreground is taken, as for models of which
    nothing is known.
    """
    framing = editor.framing
    if framing is not None:
        try:
            return find_square(editor, photo, framing.find, refine=refine)
        except (ImageError, MissingExtraError):
            pass
    return FINDERS["foreground"](photo)
