"""`stylemapgan transplant`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from stylemapgan.cli.edit_files import SaveEditOption, save_part
from stylemapgan.cli.edit_sheets import EDIT_TITLES, edit_row
from stylemapgan.cli.options import BUNDLED_MODEL, NO_PART, ModelOptions, PartOptions, whole_numbers
from stylemapgan.cli.own_photo import (
    MODELS_PICTURE,
    DetailOption,
    OwnPhoto,
    PhotoOptions,
    SquareOption,
)
from stylemapgan.cli.results import TAGGED, TagOptions, write_frames, write_sheet
from stylemapgan.config.ranges import MILLISECONDS
from stylemapgan.editing import Edit, Part
from stylemapgan.errors import EditError
from stylemapgan.types import Mask

Shift = Annotated[
    tuple[int, int],
    Parameter(
        converter=whole_numbers("dx", "dy"),
        n_tokens=1,
        metavar="DX,DY",
        negative=(),
        allow_leading_hyphen=True,
        show_default="0,0".format,
    ),
]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PlacementOptions:
    """Where the part goes, and how strongly it shows."""

    shift: Shift = (0, 0)
    """How far the part moves right and down, in pixels of the model's picture."""
    rotation: Annotated[float, Parameter(allow_leading_hyphen=True)] = 0.0
    """How far the part turns clockwise about its centre, in degrees."""
    scale: float = 1.0
    """How much larger the part becomes, from 0.25 to 4."""
    strength: float = 1.0
    """From 0, which keeps the source, to 1."""

    @property
    def is_turned(self) -> bool:
        """Whether the reference has to be turned or scaled first."""
        return self.rotation % 360 != 0 or self.scale != 1

    @property
    def facts(self) -> dict[str, Any]:
        """What the files say about it."""
        turned = {"rotation": self.rotation, "scale": self.scale} if self.is_turned else {}
        return {"shift": self.shift, "strength": self.strength, **turned}

    def place(self, reference: OwnPhoto, mask: Mask) -> Part[OwnPhoto]:
        """Describe where the masked part of a reference goes."""
        right, down = self.shift
        return Part(
            reference=reference,
            mask=mask,
            shift=(down, right),
            rotation=self.rotation,
            scale=self.scale,
            strength=self.strength,
        )


IN_PLACE = PlacementOptions()
"""The default: the part stays where it is."""


def transplant(
    source: Path,
    reference: Path,
    /,
    *,
    part: PartOptions = NO_PART,
    placement: PlacementOptions = IN_PLACE,
    morph: int | None = None,
    milliseconds: int = 80,
    output: Annotated[Path, Parameter(alias="-o")] = Path("transplant.png"),
    sheet: Path | None = None,
    save_edit: SaveEditOption = None,
    photo: PhotoOptions = MODELS_PICTURE,
    reference_square: SquareOption = None,
    detail: DetailOption = True,
    tag: TagOptions = TAGGED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Paste a part of one photo into another, at another position.

    Args:
        source: Photo to edit.
        reference: Photo to copy from.
        part: Which part.
        placement: Where it goes.
        morph: Write this many steps from no change to full strength: an animation if the output
            is .gif or .webp, otherwise a sheet.
        milliseconds: How long each step of the animation shows.
        output: Where to write the result.
        sheet: Also write source, reference and result side by side, with the part outlined.
        save_edit: Also write the edit as a .json file, which `apply` carries out on other photos.
        photo: Which square of a photo, and whether to edit the whole photo.
        reference_square: The reference's square by hand.
        detail: With --photo, take pixels from the reference's photo where the model agrees.
        tag: What the files say about their origin.
        model: Which model.
    """
    if photo.photo and morph is not None:
        raise EditError("--photo writes one whole photo, --morph several pictures: use only one.")
    MILLISECONDS.refuse(milliseconds, EditError)
    editor = model.load()
    mask = part.read(editor.image_size)
    ours = photo.open_source(source, editor)
    theirs = photo.open_reference(reference, editor, reference_square)
    moved = placement.place(theirs, mask)
    straight = moved.straightened(OwnPhoto.turned)
    pasted = replace(straight, reference=straight.reference.stylemap)
    provenance = tag.edited(
        model.model,
        command="transplant",
        mask=part.mask,
        box=part.box,
        **placement.facts,
        detail=detail if photo.photo else None,
        morph=morph,
        square=ours.square,
        reference_square=theirs.square,
    )
    if morph is None:
        result = editor.edit(ours.stylemap, Edit(parts=(pasted,)))
        landed = straight.landed(editor.image_size)
        ours.write_edited(output, result, landed, provenance, straight if detail else None)
    else:
        frames = editor.morph(ours.stylemap, pasted, morph)
        write_frames(
            output, frames, _strengths(placement.strength, morph), milliseconds, provenance
        )
        result = frames[-1:]
    if save_edit:
        save_part(save_edit, moved, model.model)
    if sheet:
        row = edit_row(ours.picture, theirs.picture, moved, result)
        write_sheet(sheet, [row], column_titles=EDIT_TITLES, provenance=provenance)


def _strengths(last: float, steps: int) -> list[str]:
    """Name the steps of a morph by how strongly the part shows."""
    return [f"{last * step / (steps - 1):.2f}" for step in range(steps)]
