"""`stylemapgan parts`: see the parts of a picture, and find those of another model."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

import numpy as np
from cyclopts import App, Parameter
from rich.console import Console

from stylemapgan import images, zoo
from stylemapgan.checkpoints.file import refuse_unwritable
from stylemapgan.cli.bars import Bar
from stylemapgan.cli.edit_sheets import paint, spotlight, write_part_rows
from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.own_photo import USUAL_SQUARES, FindOptions
from stylemapgan.cli.results import TAGGED, TagOptions, write_picture, write_sheet
from stylemapgan.cli.speaking import INTERRUPTED, say
from stylemapgan.data.photo_order import spread_rows
from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.directions import encode_photos
from stylemapgan.editing.parts import Parts, find_parts, read_parts, write_parts
from stylemapgan.editing.parts.named_parts import WHAT
from stylemapgan.errors import CheckpointError, DataError, EditError, ImageError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Mask, Stylemap

SHOWN = 8
"""Photos on the sheet of new parts."""
Output: TypeAlias = Annotated[Path, Parameter(alias="-o")]

app = App(name="parts", help="Find the parts of a picture, such as palm and fingers.")


@app.command
def show(
    photo: Path,
    /,
    *,
    output: Output = Path("parts.png"),
    masks: Path | None = None,
    parts: Path | None = None,
    find: FindOptions = USUAL_SQUARES,
    tag: TagOptions = TAGGED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Show the parts of a photo; --masks also writes them for `blend --mask`.

    Args:
        photo: Photo to find parts in.
        output: Where to write the sheet: .png, .jpg or .webp.
        masks: Folder for the masks, one NAME.png for each visible part; created if it is missing.
        parts: File of parts; by default, the model's own.
        find: Which square of the photo.
        tag: What the sheet says about its origin.
        model: Which model.
    """
    known = known_parts(model.model, parts)
    editor = model.load()
    seen = find.open(photo, editor)
    picture = seen.picture
    found = known.masks(editor, editor.resize(seen.stylemap))
    for name, mask in found.items():
        print(f"{name}: {mask.mean():.1%} of the picture")
    covered = list(found.values())
    row = [picture, seen.reconstruction, paint(picture, covered)]
    row += [spotlight(picture, mask) for mask in covered]
    titles = ("photo", "reconstruction", "parts", *known.labels)
    write_sheet(output, [row], None, titles, tag.edited(model.model, command="parts show"))
    if masks:
        _write_masks(masks, found)


@app.command
def fit(
    photos: Path,
    /,
    *,
    count: int = 24,
    most: int = 400,
    seed: int = 0,
    output: Output = Path("parts.safetensors"),
    sheet: Path | None = None,
    tag: TagOptions = TAGGED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Find parts in a model's features; `parts name` names them.

    Args:
        photos: Folder of photos of the model's kind.
        count: How many parts: more than you want, since several make one that has a name.
        most: Most photos to use, spread evenly over all.
        seed: Everything random follows from it.
        output: Where to write the parts: .safetensors.
        sheet: Also write what each part covers in some of the photos.
        tag: What the sheet says about its origin.
        model: Which model.
    """
    refuse_unwritable(output, WHAT)
    paths = zoo.pictures_in(photos)
    if not paths or most < 1:
        raise DataError(
            f"The folder {photos} holds {len(paths)} pictures and --most is {most}: both must be "
            "at least 1."
        )
    paths = [paths[index] for index in spread_rows(len(paths), most)]
    editor = model.load()
    stylemaps, found = _find(editor, paths, count, seed)
    write_parts(output, found)
    print(f"wrote {output}: part-1 to part-{count}")
    if sheet:
        shown = spread_rows(len(paths), SHOWN)
        pictures = np.concatenate([images.read(paths[i], editor.image_size) for i in shown])
        seen = found.masks(editor, editor.resize(stylemaps[shown]))
        provenance = tag.edited(model.model, command="parts fit", count=count, seed=seed)
        write_part_rows(sheet, pictures, seen, provenance)


@app.command
def name(
    file: Path,
    groups: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    rest: str | None = None,
    output: Output = Path("named.safetensors"),
) -> None:
    """Merge parts under names, such as `Palm=4,16 Fingers=15,19 --rest Background`.

    Args:
        file: Parts that `parts fit` wrote.
        groups: Labels, each with the numbers of its parts.
        rest: Label of all other parts.
        output: Where to write the named parts: .safetensors.
    """
    refuse_unwritable(output, WHAT)
    found = read_parts(file)
    members = dict(_group(text) for text in groups)
    if rest is not None:
        given = {name for names in members.values() for name in names}
        members[rest] = [name for name in found.names if name not in given]
    named = found.merge(members)
    write_parts(output, named)
    print(f"wrote {output}: {', '.join(named.names)}")


def known_parts(model: str, file: Path | None) -> Parts:
    """Read the parts of a file, or a model's own.

    Raises:
        CheckpointError: The model has none, or the file is missing or damaged.
    """
    file = file or zoo.parts_file(model)
    if file is None:
        raise CheckpointError(
            f"{model} has no parts: find some with `stylemapgan parts fit PHOTOS --model {model}` "
            "and give them with --parts."
        )
    return read_parts(file)


def _find(
    editor: AbstractEditor, paths: list[Path], count: int, seed: int
) -> tuple[Stylemap, Parts]:
    """Encode photos and find parts in them; Ctrl-C ends the command with one line."""
    console = Console()
    try:
        with Bar(console) as bar:
            stylemaps = encode_photos(
                editor, paths, lambda done, total: bar.show("photos", done, total)
            )
            found = find_parts(
                editor, stylemaps, count, seed, lambda done, total: bar.show("parts", done, total)
            )
    except KeyboardInterrupt:
        say(console, "Stopped; nothing was written.")
        sys.exit(INTERRUPTED)
    return stylemaps, found


def _write_masks(folder: Path, masks: Mapping[str, Mask]) -> None:
    """Write the masks of all visible parts, white on black."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ImageError(f"The folder {folder} cannot be created: {error.strerror}.") from None
    for name, mask in masks.items():
        if mask.any():
            white = np.repeat(to_numpy(mask) * 2 - 1, 3, axis=1)
            write_picture(folder / f"{name}.png", white)


def _group(text: str) -> tuple[str, list[str]]:
    label, _, numbers = text.rpartition("=")
    try:
        return label, [f"part-{int(number)}" for number in numbers.split(",")]
    except ValueError:
        raise EditError(
            f"Write a name and the numbers of its parts like Palm=4,16, got {text}."
        ) from None
