"""A user's own photo in a command: find and read its square, and write the edited photo."""

import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Group, Parameter, Token

from stylemapgan import images
from stylemapgan.cli.results import write_picture
from stylemapgan.editing import AbstractEditor, Part
from stylemapgan.editing.edit_rendering import placed_photo, placed_reference, turned_crop
from stylemapgan.editing.framing import find_square
from stylemapgan.editing.photo import (
    FACE,
    CroppedPhoto,
    Find,
    FullPhoto,
    PlacedReference,
    Square,
    fit,
    known_square,
    middle_square,
    paste_back,
)
from stylemapgan.editing.photo.square import Point
from stylemapgan.images import Provenance
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Images, Mask, Stylemap

OWN_PHOTOS = Group("Own photos")


def _square(_: Any, tokens: Sequence[Token]) -> Square:
    given = tokens[0].value
    try:
        numbers = [float(part) for part in given.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (3, 4):
        raise ValueError(
            f"expected x,y,side or x,y,side,rotation, such as 600,400,500, got {given}."
        )
    names = ("x", "y", "side", "rotation")
    return Square(**dict(zip(names, numbers, strict=False)))


SquareOption = Annotated[
    Square | None,
    Parameter(
        group=OWN_PHOTOS,
        converter=_square,
        n_tokens=1,
        accepts_keys=False,
        metavar="X,Y,SIDE[,ROTATION]",
        negative=(),
        allow_leading_hyphen=True,
    ),
]
"""A square by hand, or none."""
DetailOption = Annotated[bool, Parameter(group=OWN_PHOTOS)]
"""Whether references' photos supply detail to a whole photo."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnPhoto:
    """A photo as the model sees it; encoded and decoded at most once, when first needed."""

    path: Path
    editor: AbstractEditor
    """Encodes and decodes it."""
    picture: Images
    """What the model sees, a batch of one."""
    square: Square | None = None
    """Where that lies in the photo; None is the middle square."""
    whole: FullPhoto | None = None
    """The photo at full resolution, to paste edits into or to take detail from; None if the model's
    own picture is the result."""

    @cached_property
    def stylemap(self) -> Stylemap:
        """The photo's stylemap, a batch of one."""
        return self.editor.encode(self.picture)

    @cached_property
    def reconstruction(self) -> Images:
        """What the model makes of the photo, a batch of one."""
        return self.editor.decode(self.stylemap)

    @property
    def cropped(self) -> CroppedPhoto:
        """The photo itself with its square, to cut turned or scaled references out of."""
        photo = self.whole or FullPhoto.read(self.path)
        return CroppedPhoto(photo=photo, square=self.square or middle_square(photo))

    def turned(self, pivot: Point, rotation: float, scale: float) -> "OwnPhoto":
        """Give the same photo with its square turned and scaled, see `turned_crop`."""
        crop = turned_crop(self.editor.image_size, self.cropped, pivot, rotation, scale)
        picture = crop.image(self.editor.image_size)
        return replace(self, picture=picture, square=crop.square, whole=crop.photo)

    def write_edited(
        self,
        path: Path,
        result: Images,
        mask: Mask,
        provenance: Provenance | None,
        detail: "Part[OwnPhoto] | None" = None,
    ) -> None:
        """Write an edit: all of the photo with the edit pasted in, or the model's own picture.

        Args:
            path: Where to.
            result: What the model made, a batch of one.
            mask: Where the edit is meant, in pixels of the model's picture.
            provenance: What the file says about its origin.
            detail: The part, straightened, whose reference's photo supplies detail to the whole
                photo; None if only the model does.
        """
        if self.whole is None or self.square is None:
            write_picture(path, result, provenance)
            return
        before, after = to_numpy(self.reconstruction), to_numpy(result)
        references = [] if detail is None else [_placed(detail)]
        edited = paste_back(self.whole, self.square, before, after, mask, references=references)
        edited.write(path, provenance)
        print(f"wrote {path}")

    def warn_of_a_misfit(self) -> None:
        """Print a warning if the model does not know such photos; nothing where it cannot tell."""
        if not self.editor.typical_errors:
            return
        found = fit(self.picture, self.reconstruction, self.editor.typical_errors)
        if found.verdict in ("doubtful", "outside"):
            print(f"warning: {self.path}: {found.message}", file=sys.stderr)


def _placed(part: Part[OwnPhoto]) -> PlacedReference:
    own = part.reference
    return placed_reference(part, placed_photo(own.cropped, own.reconstruction, part.shift))


@Parameter(name="*", group=OWN_PHOTOS)
@dataclass(frozen=True, kw_only=True)
class FindOptions:
    """Which square of each photo the model sees."""

    find: Find | None = None
    """Which square of a photo the model sees: in its middle, around what stands out, or around a
    face. Default: around the face for models of faces, otherwise middle."""

    refine_square: bool = True
    """Refine the square around a face by the model's own view of it, if the model can."""

    def open(self, path: Path, editor: AbstractEditor) -> OwnPhoto:
        """Read a photo, and warn if the model does not know such photos."""
        return _look(path, editor, self.find, None, refine=self.refine_square)


@Parameter(name="*", group=OWN_PHOTOS)
@dataclass(frozen=True, kw_only=True)
class PhotoOptions:
    """Which square of a photo the model sees, and whether to edit the whole photo.

    Masks, boxes and shifts always count pixels of the model's square picture.
    """

    photo: Annotated[bool, Parameter(negative=())] = False
    """Edit the whole photo: paste the edit back at full resolution; the rest stays as it is."""
    find: Find | None = None
    """Which square of a photo the model sees: in its middle, around what stands out, or around a
    face. Default: around the face for models of faces; for others foreground with --photo,
    otherwise middle."""
    refine_square: bool = True
    """Refine squares around faces by the model's own view of them, if the model can."""
    square: SquareOption = None
    """The source's square by hand: its centre and side in pixels of the upright photo, and how
    far it is turned clockwise, in degrees."""

    def open_source(self, path: Path, editor: AbstractEditor) -> OwnPhoto:
        """Read the photo to edit, and warn if the model does not know such photos."""
        return self._look(path, editor, self.square, keep_whole=self.photo)

    def open_reference(
        self, path: Path, editor: AbstractEditor, square: Square | None = None
    ) -> OwnPhoto:
        """Read a photo to copy from, its square found as the source's is if none is given."""
        return self._look(path, editor, square, keep_whole=self.photo)

    def _look(
        self, path: Path, editor: AbstractEditor, square: Square | None, *, keep_whole: bool
    ) -> OwnPhoto:
        return _look(
            path,
            editor,
            self.find,
            square,
            refine=self.refine_square,
            keep_whole=keep_whole,
            otherwise="foreground" if self.photo else "middle",
        )


USUAL_SQUARES = FindOptions()
"""The default: of each photo the square that the model usually sees."""
MODELS_PICTURE = PhotoOptions()
"""The default: the square that the model usually sees, and its own picture as the result."""


def everywhere(editor: AbstractEditor) -> Mask:
    """Make the mask of an edit that has no part."""
    return np.ones((1, 1, editor.image_size, editor.image_size), dtype=np.float32)


def _look(
    path: Path,
    editor: AbstractEditor,
    find: Find | None,
    square: Square | None,
    *,
    refine: bool,
    keep_whole: bool = False,
    otherwise: Find = "middle",
) -> OwnPhoto:
    if square is None and find is None:
        square = known_square(path)
        find = None if editor.subject == FACE else otherwise
    if square is None and find == "middle" and not keep_whole:
        picture = images.read(path, editor.image_size)
        photo = OwnPhoto(path=path, editor=editor, picture=picture)
    else:
        whole = FullPhoto.read(path)
        if square is None:
            square = find_square(editor, whole, find, otherwise=otherwise, refine=refine)
            numbers = ",".join(f"{number:.1f}".removesuffix(".0") for number in astuple(square))
            print(f"found the square {numbers} (x,y,side,rotation) in {path}")
        picture = whole.crop(square, editor.image_size)
        kept = whole if keep_whole else None
        photo = OwnPhoto(path=path, editor=editor, picture=picture, square=square, whole=kept)
    photo.warn_of_a_misfit()
    return photo
