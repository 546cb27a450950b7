"""Find the square of a photo that a model sees, as exactly as the model can tell."""

from typing import TYPE_CHECKING

from stylemapgan.editing.framing.refining import refine_square
from stylemapgan.editing.photo.cropped_photo import FACE, FINDERS, Find, usual_square
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.square import Square

if TYPE_CHECKING:
    from stylemapgan.editing.abstract import AbstractEditor


def find_square(
    editor: "AbstractEditor",
    photo: FullPhoto,
    find: Find | None,
    *,
    otherwise: Find = "middle",
    refine: bool = True,
) -> Square:
    """Find the square of a photo, and refine it by the model's own view if that was learned.

    Args:
        editor: Runs the model. Without a `framing` for the finder the square is not refined.
        photo: The photo.
        find: What finds the square; None is what suits the model, see `usual_square`.
        otherwise: What finds it where nothing suits the model in particular.
        refine: Whether to refine it.

    Raises:
        ImageError: A face was to be found, and there is none.
        MissingExtraError: A face was to be found, and OpenCV is not installed.
    """
    framing = editor.framing if refine else None

    def refined(photo: FullPhoto, square: Square) -> Square:
        return square if framing is None else refine_square(editor, framing, photo, square)

    if find is None:
        return usual_square(photo, editor.subject, otherwise, refined)
    square = FINDERS[find](photo)
    return refined(photo, square) if framing is not None and framing.find == find else square


def finder_of_many(find: Find | None, subject: str) -> Find:
    """Choose what finds squares where nobody looks at each: a model of faces needs a face.

    Args:
        find: What is to find them, if that was chosen.
        subject: What the model's photos show, see `AbstractEditor.subject`.
    """
    return find or (FACE if subject == FACE else "foreground")
