"""Pictures for the model's card and the guides; all of the six sample photographs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from stylemapgan import images, zoo
from stylemapgan.cli.edit_sheets import outline, paint
from stylemapgan.editing import AbstractEditor, Edit, Part
from stylemapgan.editing.directions import Direction
from stylemapgan.editing.operations import push
from stylemapgan.editing.parts import Parts
from stylemapgan.editing.photo import CroppedPhoto, paste_back
from stylemapgan.images.levels import to_bytes, to_numpy
from stylemapgan.types import Array, Images
from tools.faces.measuring import decoded, encoded

HERO_TILE = 512
"""The same for the first picture people see."""
TILE = 160
"""Height and width of each picture, in pixels."""
QUALITY = 82
"""Of the WebP files."""
RANDOM = (4, 10)
"""Rows and columns of random pictures."""
AMOUNTS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)


def write_sheet(
    path: Path,
    rows: Sequence[Sequence[Array | None]],
    row_titles: Sequence[str] | None = None,
    column_titles: Sequence[str] | None = None,
    tile: int = TILE,
) -> None:
    """Write a contact sheet as WebP."""
    sheet = images.contact_sheet(rows, row_titles, column_titles, tile=tile)
    Image.fromarray(to_bytes(sheet)[0]).save(path, quality=QUALITY, method=6)


def write_validation(path: Path, editor: AbstractEditor, photos: Images) -> None:
    """Show photos, reconstructions, and each with the right half of the next."""
    stylemaps = encoded(editor, photos)
    half = images.box_mask(
        (editor.image_size // 2, 0, editor.image_size // 2, editor.image_size), editor.image_size
    )
    nexts = np.roll(stylemaps, -1, axis=0)
    edits = [
        to_numpy(editor.blend_w_plus(stylemaps[at : at + 1], nexts[at : at + 1], half))
        for at in range(len(photos))
    ]
    rows = [list(photos), list(decoded(editor, stylemaps)), edits]
    write_sheet(path, rows, ["photo", "reconstruction", "right half of the next"])


def write_hero(path: Path, editor: AbstractEditor, folder: Path) -> None:
    """Show the demo's first edit in the whole photographs: source, reference, result.

    Args:
        path: Where to.
        editor: Runs the model.
        folder: Where the samples and their plan are.
    """
    size = editor.image_size
    edit = zoo.read_plan(folder, zoo.pictures_in(folder), size).blend
    source, reference = (
        CroppedPhoto.of_sample(folder / name) for name in (edit.source, edit.reference)
    )
    box = (edit.box.x, edit.box.y, edit.box.width, edit.box.height)
    chosen = Edit(parts=(Part(reference=reference, mask=images.box_mask(box, size)),))
    pasted = paste_back(
        source.photo,
        source.square,
        to_numpy(editor.reconstruct(source.image(size))),
        to_numpy(editor.edit(source, chosen)),
        chosen.touched(size),
        references=editor.placed_references(chosen),
    )
    result = CroppedPhoto(photo=pasted, square=source.square)
    frame = images.box_mask(tuple(length * HERO_TILE // size for length in box), HERO_TILE)
    shown = {
        "a photograph": outline(source.image(HERO_TILE), frame),
        "another one": outline(reference.image(HERO_TILE), frame),
        "the mouth of the other, in the first": result.image(HERO_TILE),
    }
    sheet = images.contact_sheet([list(shown.values())], tile_titles=[list(shown)])
    Image.fromarray(to_bytes(sheet)[0]).save(path, quality=QUALITY, method=6)


def write_smaller(sheet: Path, path: Path) -> None:
    """Write a sheet at half its size."""
    with Image.open(sheet) as picture:
        picture.convert("RGB").reduce(2).save(path, quality=QUALITY, method=6)


def write_random(path: Path, editor: AbstractEditor) -> None:
    """Show random pictures, none picked."""
    rows, columns = RANDOM
    drawn = to_numpy(editor.generate(rows * columns))
    write_sheet(path, [drawn[at : at + columns] for at in range(0, len(drawn), columns)], tile=96)


def write_parts(path: Path, editor: AbstractEditor, photos: Images, parts: Parts) -> None:
    """Show photos with their parts painted."""
    masks = parts.masks(editor, editor.resize(encoded(editor, photos)))
    painted = paint(photos, list(masks.values()))
    write_sheet(path, [list(photos), list(painted)])


def write_directions(
    path: Path, editor: AbstractEditor, photos: Images, directions: Sequence[Direction]
) -> None:
    """Show photos pushed along each direction: two of them in turn."""
    stylemaps = encoded(editor, photos)
    rows, titles = [], []
    for number, direction in enumerate(directions):
        start = stylemaps[number % len(stylemaps)][None]
        rows.append([to_numpy(editor.decode(push(start, direction.step, a))) for a in AMOUNTS])
        titles.append(direction.name)
    write_sheet(path, rows, titles, [f"{amount:+g}" if amount else "0" for amount in AMOUNTS], 112)
