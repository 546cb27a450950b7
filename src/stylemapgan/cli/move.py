"""`stylemapgan move`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import ArgumentCollection, Group, Parameter

from stylemapgan import images, zoo
from stylemapgan.cli.edit_files import SaveEditOption, save_push
from stylemapgan.cli.edit_sheets import AMOUNT_TITLES, outline, pushed_row
from stylemapgan.cli.options import BUNDLED_MODEL, Box, ModelOptions
from stylemapgan.cli.own_photo import MODELS_PICTURE, PhotoOptions, everywhere
from stylemapgan.cli.results import TAGGED, TagOptions, write_sheet
from stylemapgan.editing import Push
from stylemapgan.editing.directions import Direction, direction_named, read_directions
from stylemapgan.errors import EditError
from stylemapgan.types import Mask


def _refuse_two(arguments: ArgumentCollection) -> None:
    if sum(bool(argument.tokens) for argument in arguments) > 1:
        raise ValueError("Give one region to change: either --mask or --box.")


REGION = Group("Region (one of these, or everywhere)", validator=_refuse_two)


@Parameter(name="*", group=REGION)
@dataclass(frozen=True, kw_only=True)
class RegionOptions:
    """Where the picture changes."""

    mask: Path | None = None
    """Picture that is white where to change the photo, black elsewhere; grey changes less."""
    box: Box = None
    """Left edge, top edge, width and height, in pixels of the model's square picture."""

    def read(self, size: int) -> Mask | None:
        """Read the mask that the options describe; None is everywhere."""
        if self.box is not None:
            return images.box_mask(self.box, size)
        return None if self.mask is None else images.read_mask(self.mask, size)


EVERYWHERE = RegionOptions()
"""The default: the whole picture."""


def move(
    source: Path,
    /,
    *,
    direction: str,
    amount: Annotated[float, Parameter(allow_leading_hyphen=True)] = 2.0,
    directions: Path | None = None,
    region: RegionOptions = EVERYWHERE,
    output: Annotated[Path, Parameter(alias="-o")] = Path("move.png"),
    sheet: Path | None = None,
    save_edit: SaveEditOption = None,
    photo: PhotoOptions = MODELS_PICTURE,
    tag: TagOptions = TAGGED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Push a photo along a direction, such as an open hand.

    Args:
        source: Photo to edit.
        direction: Name of a direction; `stylemapgan directions list` shows all.
        amount: How far, in standard deviations of photos; -3 to 3 is useful.
        directions: File of directions; by default, the model's own.
        region: Where the picture changes.
        output: Where to write the result: .png, .jpg or .webp.
        sheet: Also write the photo, with the region outlined, and its pushes from -3 to 3.
        save_edit: Also write the edit as a .json file, which `apply` carries out on other photos.
        photo: Which square of a photo, and whether to edit the whole photo.
        tag: What the files say about their origin.
        model: Which model.
    """
    way = direction_named(direction, known_directions(model.model, directions))
    editor = model.load()
    mask = region.read(editor.image_size)
    ours = photo.open_source(source, editor)
    result = editor.move(ours.stylemap, way, amount, mask)
    provenance = tag.edited(
        model.model,
        command="move",
        direction=direction,
        amount=amount,
        directions=directions,
        mask=region.mask,
        box=region.box,
        square=ours.square,
    )
    ours.write_edited(output, result, everywhere(editor) if mask is None else mask, provenance)
    if save_edit:
        push = Push(direction=direction, amount=amount, mask=mask)
        save_push(save_edit, push, directions, model.model)
    if sheet:
        shown = ours.picture if mask is None else outline(ours.picture, mask)
        row = [shown, *pushed_row(editor, ours.stylemap, way, mask)]
        write_sheet(sheet, [row], None, ["photo", *AMOUNT_TITLES], provenance)


def known_directions(model: str, file: Path | None) -> tuple[Direction, ...]:
    """Read the directions of a file, or those of a bundled model.

    Raises:
        EditError: The model has none.
        CheckpointError: The file is missing or damaged.
    """
    found = file or zoo.directions_file(model)
    if found is None:
        raise EditError(
            f"{model} has no directions: give --directions FILE, written by "
            "`stylemapgan directions fit`."
        )
    return read_directions(found)
