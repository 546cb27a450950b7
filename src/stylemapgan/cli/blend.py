"""`stylemapgan blend`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from stylemapgan import images
from stylemapgan.cli.edit_files import SaveEditOption, save_part
from stylemapgan.cli.edit_sheets import EDIT_TITLES, edit_row
from stylemapgan.cli.method_models import blend_with, open_able
from stylemapgan.cli.options import BUNDLED_MODEL, NO_PART, ModelOptions, PartOptions
from stylemapgan.cli.own_photo import MODELS_PICTURE, DetailOption, PhotoOptions, SquareOption
from stylemapgan.cli.results import TAGGED, TagOptions, write_picture, write_sheet
from stylemapgan.config.optimising import AS_PUBLISHED, OptimisationConfig
from stylemapgan.editing import Edit, Part, Space
from stylemapgan.errors import EditError

if TYPE_CHECKING:
    from stylemapgan.methods.abstract import AbstractTrainedMethod


def blend(
    source: Path,
    reference: Path,
    /,
    *,
    part: PartOptions = NO_PART,
    space: Space = "w-plus",
    output: Annotated[Path, Parameter(alias="-o")] = Path("blend.png"),
    sheet: Path | None = None,
    save_edit: SaveEditOption = None,
    photo: PhotoOptions = MODELS_PICTURE,
    reference_square: SquareOption = None,
    detail: DetailOption = True,
    tag: TagOptions = TAGGED,
    optimisation: OptimisationConfig = AS_PUBLISHED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Paste a part of one photo into another, at the same position.

    Args:
        source: Photo to edit.
        reference: Photo to copy from.
        part: Which part.
        space: Where to blend: w-plus follows fine masks, w suits halves and large parts.
        output: Where to write the result: .png, .jpg or .webp.
        sheet: Also write source, reference and result side by side, with the part outlined.
        save_edit: Also write the edit as a .json file, which `apply` carries out on other photos.
        photo: Which square of a photo, and whether to edit the whole photo.
        reference_square: The reference's square by hand.
        detail: With --photo, take pixels from the reference's photo where the model agrees.
        tag: What the files say about their origin.
        optimisation: How far a model of a method that optimises goes for each photo.
        model: Which model.
    """
    method = open_able(model.model, "edits_by_mask", optimisation)
    if method is not None:
        if save_edit:
            raise EditError("--save-edit needs a StyleMapGAN model: apply runs no other method.")
        _blend_with(method, source, reference, part, output, sheet, tag, model.model)
        return
    editor = model.load()
    mask = part.read(editor.image_size)
    ours = photo.open_source(source, editor)
    theirs = photo.open_reference(reference, editor, reference_square)
    blended = Part(reference=theirs, mask=mask, space=space)
    edit = Edit(parts=(blended,)).resolve(reference=lambda own: own.stylemap)
    result = editor.edit(ours.stylemap, edit)
    provenance = tag.edited(
        model.model,
        command="blend",
        mask=part.mask,
        box=part.box,
        space=space,
        detail=detail if photo.photo else None,
        square=ours.square,
        reference_square=theirs.square,
    )
    ours.write_edited(output, result, mask, provenance, blended if detail else None)
    if save_edit:
        save_part(save_edit, blended, model.model)
    if sheet:
        row = edit_row(ours.picture, theirs.picture, blended, result)
        write_sheet(sheet, [row], column_titles=EDIT_TITLES, provenance=provenance)


def _blend_with(  # noqa: PLR0917 - what the command was given
    method: "AbstractTrainedMethod",
    source: Path,
    reference: Path,
    part: PartOptions,
    output: Path,
    sheet: Path | None,
    tag: TagOptions,
    model: str,
) -> None:
    """Blend the middle squares of two photos with another method."""
    mask = part.read(method.image_size)
    ours, theirs = (images.read(photo, method.image_size) for photo in (source, reference))
    result = blend_with(method, ours, theirs, mask)
    provenance = tag.edited(model, command="blend", mask=part.mask, box=part.box)
    write_picture(output, result, provenance)
    if sheet:
        row = edit_row(ours, theirs, Part(reference=theirs, mask=mask), result)
        write_sheet(sheet, [row], column_titles=EDIT_TITLES, provenance=provenance)
