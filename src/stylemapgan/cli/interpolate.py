"""`stylemapgan interpolate`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stylemapgan.cli.method_models import interpolate_with, open_able
from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.own_photo import USUAL_SQUARES, FindOptions
from stylemapgan.cli.results import TAGGED, TagOptions, write_frames
from stylemapgan.config.optimising import AS_PUBLISHED, OptimisationConfig
from stylemapgan.config.ranges import MILLISECONDS
from stylemapgan.errors import EditError


def interpolate(
    start: Path,
    end: Path,
    /,
    *,
    steps: int = 8,
    milliseconds: int = 80,
    output: Annotated[Path, Parameter(alias="-o")] = Path("interpolation.png"),
    find: FindOptions = USUAL_SQUARES,
    tag: TagOptions = TAGGED,
    optimisation: OptimisationConfig = AS_PUBLISHED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Interpolate between two photos.

    Args:
        start: First photo.
        end: Last photo.
        steps: How many pictures, both ends included.
        milliseconds: How long each picture of an animation shows.
        output: .gif or .webp for an animation back and forth, .png or .jpg for a sheet.
        find: Which square of each photo.
        tag: What the files say about their origin.
        optimisation: How far a model of a method that optimises goes for each photo.
        model: Which model.
    """
    MILLISECONDS.refuse(milliseconds, EditError)
    method = open_able(model.model, "interpolates", optimisation)
    if method is not None:
        frames = interpolate_with(method, start, end, steps)
    else:
        editor = model.load()
        first, last = find.open(start, editor), find.open(end, editor)
        frames = editor.interpolate(first.stylemap, last.stylemap, steps)
    titles = [f"{step / (steps - 1):.2f}" for step in range(steps)]
    provenance = tag.edited(model.model, command="interpolate", steps=steps, find=find.find)
    write_frames(output, frames, titles, milliseconds, provenance)
