"""`stylemapgan transplant`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stylemapgan import images
from stylemapgan.cli.options import BUNDLED_MODEL, NO_PART, ModelOptions, PartOptions, whole_numbers
from stylemapgan.cli.outline import EDIT_TITLES, edit_row
from stylemapgan.cli.results import write_frames, write_picture, write_sheet
from stylemapgan.editing import Piece

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
    strength: float = 1.0,
    morph: int | None = None,
    milliseconds: int = 80,
    output: Annotated[Path, Parameter(alias="-o")] = Path("transplant.png"),
    sheet: Path | None = None,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Put a part of one photo into another, elsewhere.

    Args:
        source: Photo to edit; its middle square is used.
        reference: Photo to copy from.
        part: Which part.
        shift: How far the part moves to the right and down, in pixels of the model's picture.
        strength: From 0, which keeps the source, to 1.
        morph: Write so many steps from no change up to the full strength: an animation if the
            output is .gif or .webp, otherwise a sheet.
        milliseconds: How long each step of the animation shows.
        output: Where to write the result.
        sheet: Also write source, reference and result side by side, with the part outlined.
        model: Which model.
    """
    editor = model.load()
    size = editor.image_size
    mask = part.read(size)
    photo, other = images.read(source, size), images.read(reference, size)
    piece = Piece(reference=other, mask=mask, shift=(shift[1], shift[0]), strength=strength)
    if morph is None:
        result = editor.transplant_pieces(photo, [piece])
        write_picture(output, result)
    else:
        frames = editor.morph(photo, piece, morph)
        titles = [f"{strength * step / (morph - 1):.2f}" for step in range(morph)]
        write_frames(output, frames, titles, milliseconds)
        result = frames[-1:]
    if sheet:
        row = edit_row(photo, other, mask, result, piece.shift)
        write_sheet(sheet, [row], column_titles=EDIT_TITLES)
