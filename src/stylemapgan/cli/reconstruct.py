"""`stylemapgan reconstruct`."""

from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from stylemapgan import images
from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.results import write_picture, write_sheet
from stylemapgan.images.levels import to_numpy


def reconstruct(
    photos: Annotated[list[Path], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    output: Annotated[Path, Parameter(alias="-o")] = Path("reconstruction.png"),
    sheet: Path | None = None,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Encode photos and decode them again.

    What is lost here, no edit brings back.

    Args:
        photos: Photos to reconstruct; their middle squares are used.
        output: Where to write the reconstructions, side by side: .png, .jpg or .webp.
        sheet: Also write photos and reconstructions, one above the other.
        model: Which model.
    """
    editor = model.load()
    originals = [images.read(photo, editor.image_size) for photo in photos]
    results = [editor.reconstruct(original) for original in originals]
    arrays = [to_numpy(result) for result in results]
    write_picture(output, np.concatenate(arrays, axis=-1))
    if sheet:
        write_sheet(sheet, [originals, results], row_titles=["photo", "reconstruction"])
