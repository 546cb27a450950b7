"""`stylemapgan demo`."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stylemapgan import images, zoo
from stylemapgan.cli.demo_edits import Demo
from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.results import write_picture
from stylemapgan.editing import AbstractEditor, operations
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Array

REPEATS = 9
"""Times an operation is measured; the median counts."""


def demo(
    *,
    output: Annotated[Path, Parameter(alias="-o")] = Path("demo"),
    pictures: Path | None = None,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Show every kind of edit on the bundled sample pictures.

    Args:
        output: Folder to write to.
        pictures: Folder of other pictures, with a demo.toml of its own or without.
        model: Which model.
    """
    folder = pictures or zoo.sample_folder(model.model)
    editor = model.load()
    plan = zoo.read_plan(folder, zoo.pictures_in(folder), editor.image_size)
    output.mkdir(parents=True, exist_ok=True)
    show = Demo(editor=editor, model=model.model, folder=folder, output=output)
    rows = [show.blend(plan.blend), show.transplant(plan.transplant)]
    rows += [show.move(move) for move in plan.moves]
    rows.append(show.interpolate(plan.interpolate))
    sheet = images.contact_sheet(
        [list(row.values()) for row in rows],
        tile=show.tile,
        tile_titles=[list(row) for row in rows],
    )
    write_picture(output / "sheet.png", sheet)
    _print_times(editor, show, plan.blend)
    _print_what_next(output, model.model, editor.image_size)


def _print_times(editor: AbstractEditor, show: Demo, edit: zoo.DemoEdit) -> None:
    size = editor.image_size
    source, reference = (show.read(name).image(size) for name in (edit.source, edit.reference))
    mask = editor.as_mask(show.mask(edit.box))
    ours, theirs = editor.encode(source), editor.encode(reference)
    encode = _milliseconds(lambda: editor.encode(source))
    change = _milliseconds(lambda: editor.decode(operations.blend(ours, theirs, mask)))
    print(f"\nencode a photo: {encode:.1f} ms, once; each edit after that: {change:.1f} ms")


def _milliseconds(work: Callable[[], Array]) -> float:
    """Median time of some work, after a first run that does not count."""
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        to_numpy(work())  # waits for a GPU to finish
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times[1:])


def _print_what_next(output: Path, model: str, size: int) -> None:
    chosen = "" if model == zoo.BUNDLED[0] else f" --model {model}"
    box = f"{size // 4},{size // 2},{size // 2},{size // 2}"
    print(
        f"\nLook at {output / 'sheet.png'}: what each picture is stands below it. Then:\n"
        f"  stylemapgan studio{chosen}\n"
        "      paint edits in your browser, with these pictures or your own\n"
        f"  stylemapgan blend ONE.jpg OTHER.jpg --photo --box {box}{chosen}\n"
        "      the same with two photos of yours (`stylemapgan info` says of what kind)\n"
        "  stylemapgan train FOLDER\n"
        "      a model of your own pictures"
    )
