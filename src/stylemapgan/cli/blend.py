"""`stylemapgan blend`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from stylemapgan import images
from stylemapgan.cli.options import BUNDLED_MODEL, NO_PART, ModelOptions, PartOptions
from stylemapgan.cli.outline import EDIT_TITLES, edit_row
from stylemapgan.cli.results import write_picture, write_sheet


def blend(
    source: Path,
    reference: Path,
    /,
    *,
    part: PartOptions = NO_PART,
    space: Literal["w", "w-plus"] = "w-plus",
    output: Annotated[Path, Parameter(alias="-o")] = Path("blend.png"),
    sheet: Path | None = None,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Put a part of one photo into another, in the same place.

    Args:
        source: Photo to edit; its middle square is used.
        reference: Photo to copy from.
        part: Which part.
        space: Where to blend: w-plus follows fine masks, w suits halves and large parts.
        output: Where to write the result: .png, .jpg or .webp.
        sheet: Also write source, reference and result side by side, with the part outlined.
        model: Which model.
    """
    editor = model.load()
    size = editor.image_size
    mask = part.read(size)
    photos = images.read(source, size), images.read(reference, size)
    edit = editor.blend if space == "w" else editor.blend_w_plus
    result = edit(*photos, mask)
    write_picture(output, result)
    if sheet:
        write_sheet(sheet, [edit_row(*photos, mask, result)], column_titles=EDIT_TITLES)
