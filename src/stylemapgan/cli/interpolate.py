"""`stylemapgan interpolate`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stylemapgan import images
from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.results import write_frames


def interpolate(
    start: Path,
    end: Path,
    /,
    *,
    steps: int = 8,
    milliseconds: int = 80,
    output: Annotated[Path, Parameter(alias="-o")] = Path("interpolation.png"),
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Walk from one photo to another.

    Args:
        start: Photo to begin with; its middle square is used.
        end: Photo to end with.
        steps: How many pictures, both ends included.
        milliseconds: How long each picture of an animation shows.
        output: .gif or .webp for an animation back and forth, .png or .jpg for a sheet.
        model: Which model.
    """
    editor = model.load()
    size = editor.image_size
    frames = editor.interpolate(images.read(start, size), images.read(end, size), steps)
    titles = [f"{step / (steps - 1):.2f}" for step in range(steps)]
    write_frames(output, frames, titles, milliseconds)
