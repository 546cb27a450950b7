"""`stylemapgan transplant`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stylemapgan.cli.edit_sheets import EDIT_TITLES, edit_row
from stylemapgan.cli.options import BUNDLED_MODEL, NO_PART, ModelOptions, PartOptions, whole_numbers
from stylemapgan.cli.own_photo import MODELS_PICTURE, PhotoOptions, SquareOption
from stylemapgan.cli.results import TAGGED, TagOptions, write_frames, write_sheet
from stylemapgan.config.ranges import MILLISECONDS
from stylemapgan.editing import Edit, Part
from stylemapgan.errors import EditError

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


def transplant(
    source: Path,
    reference: Path,
    /,
    *,
    part: PartOptions = NO_PART,
    shift: Shift = (0, 0),
    rotation: Annotated[float, Parameter(allow_leading_hyphen=True)] = 0.0,
    scale: float = 1.0,
    strength: float = 1.0,
    morph: int | None = None,
    milliseconds: int = 80,
    output: Annotated[Path, Parameter(alias="-o")] = Path("transplant.png"),
    sheet: Path | None = None,
    photo: PhotoOptions = MODELS_PICTURE,
    reference_square: SquareOption = None,
    tag: TagOptions = TAGGED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Paste a part of one photo into another, at another position.

    Args:
        source: Photo to edit.
        reference: Photo to copy from.
        part: Which part.
        shift: How far the part moves right and down, in pixels of the model's picture.
        rotation: How far the part turns clockwise about its centre, in degrees.
        scale: How much larger the part becomes, from 0.25 to 4.
        strength: From 0, which keeps the source, to 1.
        morph: Write this many steps from no change to full strength: an animation if the output
            is .gif or .webp, otherwise a sheet.
        milliseconds: How long each step of the animation shows.
        output: Where to write the result.
        sheet: Also write source, reference and result side by side, with the part outlined.
        photo: Which square of a photo, and whether to edit the whole photo.
        reference_square: The reference's square by hand.
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
    is_turned = rotation % 360 != 0 or scale != 1
    moved = Part(
        reference=theirs.cropped if is_turned else theirs.stylemap,
        mask=mask,
        shift=(shift[1], shift[0]),
        rotation=rotation,
        scale=scale,
        strength=strength,
    )
    provenance = tag.edited(
        model.model,
        command="transplant",
        mask=part.mask,
        box=part.box,
        shift=shift,
        rotation=rotation if is_turned else None,
        scale=scale if is_turned else None,
        strength=strength,
        morph=morph,
        square=ours.square,
        reference_square=theirs.square,
    )
    if morph is None:
        result = editor.edit(ours.stylemap, Edit(parts=(moved,)))
        ours.write_edited(output, result, moved.landed(editor.image_size), provenance)
    else:
        frames = editor.morph(ours.stylemap, moved, morph)
        write_frames(output, frames, _strengths(strength, morph), milliseconds, provenance)
        result = frames[-1:]
    if sheet:
        row = edit_row(ours.picture, theirs.picture, moved, result)
        write_sheet(sheet, [row], column_titles=EDIT_TITLES, provenance=provenance)


def _strengths(last: float, steps: int) -> list[str]:
    """Name the steps of a morph by how strongly the part shows."""
    return [f"{last * step / (steps - 1):.2f}" for step in range(steps)]
