"""`stylemapgan demo`."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stylemapgan import images, zoo
from stylemapgan.cli.edit_sheets import edit_row
from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.results import write_frames, write_picture, write_sheet
from stylemapgan.editing import AbstractEditor, Edit, Part, operations
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Array, Images, Mask

SHOWN = 5
"""Pictures in each row of the sheet."""
FRAMES = 16
"""Pictures of an animation, one way."""
MILLISECONDS = 80
"""How long each of them shows."""
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
    show = _Demo(editor=editor, folder=folder, output=output)
    output.mkdir(parents=True, exist_ok=True)
    rows = {
        "blend: source, reference, source reconstructed, blend in w, blend in w_plus": show.blend(
            plan.blend
        ),
        "transplant: source, reference, one third of the way, two thirds, all": show.transplant(
            plan.transplant
        ),
        "interpolation: from one picture to another": show.interpolate(plan.interpolate),
    }
    write_sheet(output / "sheet.png", list(rows.values()), row_titles=list(rows))
    show.print_times(plan.blend)
    _print_what_next(model.model, editor.image_size)


@dataclass(frozen=True, kw_only=True)
class _Demo:
    """Edits the pictures of one folder and writes what comes out into another."""

    editor: AbstractEditor
    folder: Path
    output: Path

    def blend(self, edit: zoo.DemoEdit) -> list[Array]:
        source, reference = self.read(edit.source), self.read(edit.reference)
        part = Part(reference=reference, mask=self.mask(edit.box))
        result = self.editor.edit(source, Edit(parts=(part,)))
        write_picture(self.output / "blend.png", result)
        *given, _ = edit_row(source, reference, part, result)
        in_w = self.editor.blend(source, reference, part.mask)
        return [*given, self.editor.reconstruct(source), in_w, result]

    def transplant(self, edit: zoo.DemoEdit) -> list[Array]:
        source, reference = self.read(edit.source), self.read(edit.reference)
        mask = self.mask(edit.box)
        part = Part(reference=reference, mask=mask, shift=(edit.shift.y, edit.shift.x))
        frames = self.editor.morph(source, part, FRAMES)
        self.write_animation("transplant.gif", frames)
        write_picture(self.output / "transplant.png", frames[-1:])
        *given, _ = edit_row(source, reference, part, frames[-1:])
        return [*given, *self.editor.morph(source, part, SHOWN - 1)[1:]]

    def interpolate(self, walk: zoo.DemoWalk) -> list[Array]:
        ends = self.read(walk.start), self.read(walk.end)
        self.write_animation("interpolation.gif", self.editor.interpolate(*ends, FRAMES))
        return list(self.editor.interpolate(*ends, SHOWN))

    def read(self, name: str) -> Images:
        return images.read(self.folder / name, self.editor.image_size)

    def mask(self, box: zoo.DemoBox) -> Mask:
        numbers = (box.x, box.y, box.width, box.height)
        return images.box_mask(numbers, self.editor.image_size)

    def write_animation(self, name: str, frames: Images) -> None:
        write_frames(self.output / name, frames, [], MILLISECONDS)

    def print_times(self, edit: zoo.DemoEdit) -> None:
        editor = self.editor
        source, reference = self.read(edit.source), self.read(edit.reference)
        mask = editor.as_mask(self.mask(edit.box))
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


def _print_what_next(model: str, size: int) -> None:
    box = f"{size // 2},0,{size // 2},{size}"
    print(
        "\nTry photos of your own (of the kind in `stylemapgan info`):\n"
        f"  stylemapgan blend ONE.jpg OTHER.jpg --box {box} --model {model}\n"
        "or train a model on your own pictures:\n"
        "  stylemapgan train FOLDER"
    )
