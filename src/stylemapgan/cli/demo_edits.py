"""The edits of `stylemapgan demo`, as rows of titled pictures."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np

from stylemapgan import images, zoo
from stylemapgan.cli.edit_sheets import outline
from stylemapgan.cli.results import TILE, write_frames, write_picture
from stylemapgan.editing import AbstractEditor, Edit, Part, Push
from stylemapgan.editing.directions import direction_named, read_directions
from stylemapgan.editing.photo import CroppedPhoto, FullPhoto, paste_back
from stylemapgan.errors import ConfigError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Array, Images, Mask

PHOTO_TILE = 512
"""Height and width of a picture on a sheet of photographs, in pixels."""
STEPS = 2
"""Pictures between the ends of an interpolation."""
FRAMES = 16
"""Pictures of an animation, one way."""
MILLISECONDS = 80
"""How long each of them shows."""

Row: TypeAlias = dict[str, Array]
"""Title → picture."""


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Edits the pictures of one folder and writes what comes out into another.

    A picture that is larger than the model's image is a photograph: edits are pasted back into it,
    with detail from the photographs.
    """

    editor: AbstractEditor
    model: str
    """Its name, whose directions are used."""
    folder: Path
    output: Path

    @property
    def tile(self) -> int:
        """Height and width of each picture on the sheet, in pixels."""
        squares = [self.read(path.name).square.side for path in zoo.pictures_in(self.folder)]
        size = self.editor.image_size
        return PHOTO_TILE if min(squares) > 2 * size else max(TILE, size)

    def blend(self, edit: zoo.DemoEdit) -> Row:
        """A part of one picture in another, in the same place."""
        source, reference = self.read(edit.source), self.read(edit.reference)
        part = Part(reference=reference, mask=self.mask(edit.box))
        result = self.editor.edit(source, Edit(parts=(part,)))
        row = {
            f"{edit.source}: the picture to edit": self.shown(source, part.mask),
            f"{edit.reference}: what is copied": self.shown(reference, part.mask),
            self._by_the_model("copied by the model"): result,
        }
        return row | self._finished("blend", source, Edit(parts=(part,)), result)

    def transplant(self, edit: zoo.DemoEdit) -> Row:
        """A part of one picture in another, in another place; step by step."""
        source, reference = self.read(edit.source), self.read(edit.reference)
        shift = (edit.shift.y, edit.shift.x)
        part = Part(reference=reference, mask=self.mask(edit.box), shift=shift)
        frames = self.editor.morph(source, part, FRAMES)
        write_frames(self.output / "transplant.gif", frames, [], MILLISECONDS)
        landed = part.landed(self.editor.image_size)
        row = {
            f"{edit.source}: the picture to edit": self.shown(source, landed),
            f"{edit.reference}: what is moved over": self.shown(reference, part.mask),
            self._by_the_model("moved by the model"): frames[-1:],
        }
        return row | self._finished("transplant", source, Edit(parts=(part,)), frames[-1:])

    def move(self, move: zoo.DemoMove) -> Row:
        """A picture pushed along a direction, without any reference."""
        source = self.read(move.source)
        file = zoo.directions_file(self.model)
        if file is None:
            raise ConfigError(f"{self.model} comes with no direction {move.direction!r}.")
        direction = direction_named(move.direction, read_directions(file))
        row = {f"{move.source}: the picture to edit": self.shown(source)}
        for amount in move.amounts:
            edit = Edit(pushes=(Push(direction=direction, amount=amount),))
            title = f"direction {move.direction}, amount {amount:+g}"
            pasted = self.pasted(source, edit, self.editor.edit(source, edit))
            row[title] = self.shown(CroppedPhoto(photo=pasted, square=source.square))
        return row

    def interpolate(self, walk: zoo.DemoWalk) -> Row:
        """From one picture to another."""
        ends = self.read(walk.start), self.read(walk.end)
        frames = self.editor.interpolate(*ends, FRAMES)
        write_frames(self.output / "interpolation.gif", frames, [], MILLISECONDS)
        between = self.editor.interpolate(*ends, STEPS + 2)
        titles = [f"{step} of {STEPS + 1} on the way" for step in range(1, STEPS + 1)]
        named = [f"{walk.start} by the model", *titles, f"{walk.end} by the model"]
        return {title: between[at : at + 1] for at, title in enumerate(named)}

    @cache  # noqa: B019, for as long as the command runs
    def read(self, name: str) -> CroppedPhoto:
        """Read a picture with the square of it that the model sees."""
        return CroppedPhoto.of_sample(self.folder / name)

    def mask(self, box: zoo.DemoBox) -> Mask:
        """Make the mask of a box, in pixels of the model's image."""
        numbers = (box.x, box.y, box.width, box.height)
        return images.box_mask(numbers, self.editor.image_size)

    def shown(self, picture: CroppedPhoto, mask: Array | None = None) -> Images:
        """Show the square of a picture as it is on the sheet, with a mask's outline."""
        size = self.tile if self._is_photo(picture) else self.editor.image_size
        seen = picture.image(size)
        return seen if mask is None else outline(seen, _enlarged(mask, size))

    def pasted(self, source: CroppedPhoto, edit: Edit, result: Images) -> FullPhoto:
        """Paste an edit into its photograph, with detail from the references."""
        size = self.editor.image_size
        before = self.editor.reconstruct(source.image(size))
        return paste_back(
            source.photo,
            source.square,
            to_numpy(before),
            to_numpy(result),
            edit.touched(size),
            references=self.editor.placed_references(edit),
        )

    def _finished(self, name: str, source: CroppedPhoto, edit: Edit, result: Images) -> Row:
        """Write the finished edit; give it as a further picture if it is a photograph."""
        path = self.output / f"{name}.png"
        if not self._is_photo(source):
            write_picture(path, result)
            return {}
        photo = self.pasted(source, edit, result)
        photo.write(path)
        print(f"wrote {path}")
        seen = self.shown(CroppedPhoto(photo=photo, square=source.square))
        return {f"the same in the photo, with its detail: {path.name}": seen}

    def _by_the_model(self, doing: str) -> str:
        size = self.editor.image_size
        return f"{doing}, {size} by {size} pixels"

    def _is_photo(self, picture: CroppedPhoto) -> bool:
        return picture.square.side > self.editor.image_size


def _enlarged(mask: Array, size: int) -> np.ndarray:
    """Repeat a mask's pixels for a larger picture."""
    at = np.arange(size) * mask.shape[-1] // size
    return np.asarray(mask)[:, :, at][..., at]
