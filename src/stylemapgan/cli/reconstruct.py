"""`stylemapgan reconstruct`."""

from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from stylemapgan.cli.method_models import open_able, reconstruct_with
from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.own_photo import USUAL_SQUARES, FindOptions
from stylemapgan.cli.results import TAGGED, TagOptions, write_picture, write_sheet
from stylemapgan.config.optimising import AS_PUBLISHED, OptimisationConfig
from stylemapgan.images.levels import to_numpy


def reconstruct(
    photos: Annotated[list[Path], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    output: Annotated[Path, Parameter(alias="-o")] = Path("reconstruction.png"),
    sheet: Path | None = None,
    find: FindOptions = USUAL_SQUARES,
    tag: TagOptions = TAGGED,
    optimisation: OptimisationConfig = AS_PUBLISHED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Encode photos and decode them again.

    An edit can only be as good as the reconstruction.

    Args:
        photos: Photos to reconstruct.
        output: Where to write the reconstructions, side by side: .png, .jpg or .webp.
        sheet: Also write photos and reconstructions, one above the other.
        find: Which square of each photo.
        tag: What the files say about their origin.
        optimisation: How far a model of a method that optimises goes for each photo.
        model: Which model.
    """
    method = open_able(model.model, "reconstructs", optimisation)
    if method is not None:
        pictures, results = reconstruct_with(method, photos)
    else:
        editor = model.load()
        opened = [find.open(photo, editor) for photo in photos]
        pictures = [photo.picture for photo in opened]
        results = [to_numpy(photo.reconstruction) for photo in opened]
    provenance = tag.edited(model.model, command="reconstruct", find=find.find)
    write_picture(output, np.concatenate(results, axis=-1), provenance)
    if sheet:
        rows = [pictures, results]
        titles = ["photo", "reconstruction"]
        write_sheet(sheet, rows, row_titles=titles, provenance=provenance)
