"""`stylemapgan mix`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stylemapgan import images
from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.results import write_picture, write_sheet


def mix(
    coarse: Path,
    fine: Path,
    /,
    *,
    output: Annotated[Path, Parameter(alias="-o")] = Path("mix.png"),
    sheet: Path | None = None,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Take the coarse styles of one photo and the fine ones of another.

    Args:
        coarse: Photo whose pose and layout to take; its middle square is used.
        fine: Photo whose colours and texture to take.
        output: Where to write the result: .png, .jpg or .webp.
        sheet: Also write both photos and their mixes, either way round, side by side.
        model: Which model.
    """
    editor = model.load()
    size = editor.image_size
    first, second = images.read(coarse, size), images.read(fine, size)
    result = editor.mix(first, second)
    write_picture(output, result)
    if sheet:
        row = [first, second, result, editor.mix(second, first)]
        titles = ["first", "second", "coarse of first, fine of second", "the other way round"]
        write_sheet(sheet, [row], column_titles=titles)
