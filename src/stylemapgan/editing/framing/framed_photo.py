"""A photo of a source, and the square of it that a model sees."""

from dataclasses import dataclass

from stylemapgan.data.sources import Record
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.framing.finding import find_square, finder_of_many
from stylemapgan.editing.photo.cropped_photo import Find
from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.square import Square
from stylemapgan.errors import ImageError
from stylemapgan.types import Images


@dataclass(frozen=True, kw_only=True, eq=False)
class FramedPhoto:
    """A photo and its square."""

    photo: FullPhoto
    square: Square
    picture: Images
    """The square, at the size of the model's pictures."""


def frame_photo(
    record: Record, editor: AbstractEditor, find: Find | None, *, refine: bool
) -> FramedPhoto:
    """Read a photo of a collection and cut out the square that a model is to see.

    Args:
        record: The photo, still encoded.
        editor: Runs the model.
        find: What finds the square, see `finder_of_many`.
        refine: Whether to refine it, see `find_square`.

    Raises:
        ImageError: The photo is unreadable, or holds no face.
        MissingExtraError: OpenCV is needed and not installed.
    """
    if record.problem:
        raise ImageError(record.problem)
    photo = FullPhoto.read(record.content)
    finder = finder_of_many(find, editor.subject)
    square = find_square(editor, photo, finder, refine=refine)
    return FramedPhoto(photo=photo, square=square, picture=photo.crop(square, editor.image_size))
