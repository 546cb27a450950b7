"""`stylemapgan mix`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.own_photo import MODELS_PICTURE, PhotoOptions, SquareOption, everywhere
from stylemapgan.cli.results import TAGGED, TagOptions, write_sheet


def mix(
    coarse: Path,
    fine: Path,
    /,
    *,
    output: Annotated[Path, Parameter(alias="-o")] = Path("mix.png"),
    sheet: Path | None = None,
    photo: PhotoOptions = MODELS_PICTURE,
    reference_square: SquareOption = None,
    tag: TagOptions = TAGGED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Combine the coarse styles of one photo with the fine styles of another.

    Args:
        coarse: Photo that gives pose and layout.
        fine: Photo that gives colours and texture.
        output: Where to write the result: .png, .jpg or .webp.
        sheet: Also write both photos and both mixes side by side.
        photo: Which square of a photo, and whether to edit the whole photo.
        reference_square: The square of the photo of fine styles by hand.
        tag: What the files say about their origin.
        model: Which model.
    """
    editor = model.load()
    ours = photo.open_source(coarse, editor)
    theirs = photo.open_reference(fine, editor, reference_square)
    result = editor.mix(ours.stylemap, theirs.stylemap)
    squares = {"square": ours.square, "reference_square": theirs.square}
    provenance = tag.edited(model.model, command="mix", **squares)
    ours.write_edited(output, result, everywhere(editor), provenance)
    if sheet:
        other_way = editor.mix(theirs.stylemap, ours.stylemap)
        row = [ours.picture, theirs.picture, result, other_way]
        titles = ["first", "second", "coarse of first, fine of second", "the other way round"]
        write_sheet(sheet, [row], column_titles=titles, provenance=provenance)
