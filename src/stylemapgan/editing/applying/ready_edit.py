"""An edit whose references are encoded: what all photos share, computed once."""

from dataclasses import dataclass, replace
from functools import cached_property

from stylemapgan.editing import operations
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.applying.apply_config import ApplyConfig
from stylemapgan.editing.applying.chosen_model import ChosenModel
from stylemapgan.editing.applying.saved_edit import SavedEdit, SavedPicture
from stylemapgan.editing.directions import direction_named
from stylemapgan.editing.edit import Edit, Part
from stylemapgan.editing.edit_masks import EditMask, PartMask, mask_pixels
from stylemapgan.editing.edit_rendering import placed_photo, placed_reference, turned_crop
from stylemapgan.editing.framing import find_square
from stylemapgan.editing.parts import Parts
from stylemapgan.editing.photo import CroppedPhoto, FullPhoto, PlacedPhoto, PlacedReference
from stylemapgan.editing.photo.square import Point
from stylemapgan.errors import EditError, ImageError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images, Stylemap

PSI = 0.7
"""Truncation of the Studio's random pictures."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadyEdit:
    """An edit ready for any source; can be sent to other processes."""

    edit: Edit
    """References are stylemaps and masks arrays, of NumPy; only masks of pushes may name parts,
    which lie elsewhere in each source."""
    placed: tuple[PlacedReference, ...]
    """What the references supply to the photos."""
    parts: Parts | None
    """The model's parts; None if the edit names none."""

    def on(self, source: Stylemap, editor: AbstractEditor) -> Edit:
        """Give the edit of one source: masks of pushes that name parts become arrays.

        Raises:
            ImageError: A part is not seen in the source.
        """
        parts = self.parts
        if parts is None:
            return self.edit
        return self.edit.resolve(mask=lambda mask, _: _part_mask(mask, parts, source, editor))


def make_ready(
    saved: SavedEdit, model: ChosenModel, editor: AbstractEditor, config: ApplyConfig
) -> ReadyEdit:
    """Encode references, read masks and look up parts and directions.

    Raises:
        EditError: A name is unknown, or a value does not fit the model.
        ImageError: A photo or a mask cannot be used.
        MissingExtraError: The square of a reference is to be found and OpenCV is not installed.
    """
    pictures = {
        name: _borrowed(name, picture, editor, config) for name, picture in saved.pictures.items()
    }
    masks = [layer.mask for layer in (*saved.edit.parts, *saved.edit.pushes)]
    parts = model.parts() if any(isinstance(mask, PartMask) for mask in masks) else None
    known = model.directions(saved.directions) if saved.edit.pushes else ()

    def mask_of(mask: EditMask, reference: "BorrowedPicture | None") -> EditMask:
        if not isinstance(mask, PartMask):
            return to_numpy(mask_pixels(mask, editor.image_size))
        assert parts is not None  # read above
        if reference is not None:
            return _part_mask(mask, parts, reference.stylemap, editor)
        if mask.name not in parts.names:
            raise _unknown(mask, parts)
        return mask

    edit = saved.edit.resolve(
        reference=pictures.__getitem__, direction=lambda name: direction_named(name, known).step
    ).resolve(mask=mask_of)
    straight = [part.straightened(BorrowedPicture.turned) for part in edit.parts]
    placed = Edit(parts=tuple(straight)).pasted_parts
    return ReadyEdit(
        edit=replace(edit, parts=tuple(map(_encoded, straight))),
        placed=tuple(placed_reference(part, part.reference.placed(part.shift)) for part in placed),
        parts=parts,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class BorrowedPicture:
    """A reference; encoded and decoded at most once."""

    editor: AbstractEditor
    crop: CroppedPhoto
    is_random: bool = False
    """Whether the model invented it, so that it has no pixels to supply."""
    drawn: Stylemap | None = None
    """The stylemap of a random picture; encoding the picture would be less exact."""

    @cached_property
    def stylemap(self) -> Stylemap:
        """Its stylemap, a batch of one."""
        if self.drawn is not None:
            return self.drawn
        return self.editor.encode(self.crop.image(self.editor.image_size))

    def turned(self, pivot: Point, rotation: float, scale: float) -> "BorrowedPicture":
        """Give the same picture turned and scaled, see `turned_crop`."""
        crop = turned_crop(self.editor.image_size, self.crop, pivot, rotation, scale)
        return replace(self, crop=crop, drawn=None)

    def placed(self, shift: tuple[int, int]) -> PlacedPhoto | None:
        """Place its photo over the square of a source; None if it has none."""
        if self.is_random:
            return None
        reconstruction: Images = to_numpy(self.editor.decode(self.stylemap))
        return placed_photo(self.crop, reconstruction, shift)


def _borrowed(
    name: str, picture: SavedPicture, editor: AbstractEditor, config: ApplyConfig
) -> BorrowedPicture:
    if not picture.content:
        return _random(picture.seed, editor)
    try:
        photo = FullPhoto.read(picture.content)
        find = config.finder(editor.subject)
        square = picture.square or find_square(editor, photo, find, refine=config.refine_square)
    except ImageError as error:
        raise ImageError(f"The reference {name[:80]}: {error}") from None
    return BorrowedPicture(editor=editor, crop=CroppedPhoto(photo=photo, square=square))


def _random(seed: int, editor: AbstractEditor) -> BorrowedPicture:
    drawn = operations.truncate(editor.sample(1, seed), editor.mean_stylemap, PSI)
    crop = CroppedPhoto.of_image(to_numpy(editor.decode(drawn)))
    return BorrowedPicture(editor=editor, crop=crop, is_random=True, drawn=drawn)


def _encoded(part: Part[BorrowedPicture]) -> Part[Stylemap]:
    return replace(part, reference=to_numpy(part.reference.stylemap))


def _part_mask(
    mask: EditMask, parts: Parts, stylemap: Stylemap, editor: AbstractEditor
) -> EditMask:
    """Find where a picture shows a part; other masks stay."""
    if not isinstance(mask, PartMask):
        return mask
    if mask.name not in parts.names:
        raise _unknown(mask, parts)
    found = to_numpy(parts.masks(editor, editor.resize(editor.as_array(stylemap)))[mask.name])
    if not found.any():
        raise ImageError(f"The picture shows no {mask.name}.")
    return found


def _unknown(mask: PartMask, parts: Parts) -> EditError:
    return EditError(f"Unknown part {mask.name!r}; known are: {', '.join(parts.names)}.")
