"""`stylemapgan framing`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from stylemapgan import zoo
from stylemapgan.checkpoints.file import refuse_unwritable
from stylemapgan.cli.bars import Bar
from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.speaking import INTERRUPTED, say
from stylemapgan.data.photo_order import spread_rows
from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.framing import Framing, write_framing
from stylemapgan.editing.framing.framing import WHAT
from stylemapgan.editing.framing.learning import learn_framing
from stylemapgan.editing.photo import Find
from stylemapgan.errors import DataError


def framing(
    photos: Annotated[list[Path], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    find: Find = "face",
    squares: int = 16,
    most: int = 400,
    seed: int = 0,
    output: Annotated[Path, Parameter(alias="-o")] = Path("framing.safetensors"),
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Learn how a model's photos are framed, to refine squares that are found in other photos.

    Put the file beside the model as NAME.framing.safetensors, or into the folder that `export`
    wrote as framing.safetensors: squares are then refined wherever the model is used.

    Args:
        photos: Folders of square photos, framed as the training photos are.
        find: What finds squares of such photos, and is refined.
        squares: How many misplaced squares to cut out around each photo.
        most: Most photos to use of each folder, spread evenly over all.
        seed: Everything random follows from it.
        output: Where to write the framing: .safetensors.
        model: Which model.
    """
    refuse_unwritable(output, WHAT)
    if most < 1:
        raise DataError(f"--most must be at least 1, got {most}.")
    paths = [path for folder in photos for path in _spread(zoo.pictures_in(folder), most)]
    learned = _learn(model.load(), paths, find, squares, seed)
    write_framing(output, learned)
    print(f"wrote {output}")


def _spread(paths: list[Path], most: int) -> list[Path]:
    return [paths[index] for index in spread_rows(len(paths), most)]


def _learn(
    editor: AbstractEditor, paths: list[Path], find: Find, squares: int, seed: int
) -> Framing:
    """Learn with a progress bar; Ctrl-C ends the command with one line."""
    console = Console()
    try:
        with Bar(console) as bar:
            return learn_framing(
                editor,
                paths,
                find,
                squares=squares,
                seed=seed,
                on_progress=lambda done, total: bar.show("photos", done, total),
            )
    except KeyboardInterrupt:
        say(console, "Stopped; nothing was written.")
        sys.exit(INTERRUPTED)
