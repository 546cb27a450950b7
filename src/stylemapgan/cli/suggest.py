"""`stylemapgan suggest`."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import ArgumentCollection, Group, Parameter
from rich.console import Console

from stylemapgan import images
from stylemapgan.cli.bars import Bar
from stylemapgan.cli.edit_sheets import outline
from stylemapgan.cli.move import known_directions
from stylemapgan.cli.options import BUNDLED_MODEL, Box, ModelOptions
from stylemapgan.cli.own_photo import USUAL_SQUARES, FindOptions, OwnPhoto
from stylemapgan.cli.parts import known_parts
from stylemapgan.cli.results import TAGGED, TagOptions, write_sheet
from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.chosen_model import ChosenModel
from stylemapgan.editing.directions import direction_named
from stylemapgan.editing.suggesting import (
    Library,
    LibraryPhotos,
    Query,
    SuggestConfig,
    Suggestion,
    open_library,
    refuse_other_model,
)
from stylemapgan.editing.suggesting import suggest as suggest_references
from stylemapgan.errors import EditError
from stylemapgan.images.atomic import write_text
from stylemapgan.types import Images, Mask, Stylemap

HEADER = "rank  score    seam  change  fit       photo"


def _need_one(arguments: ArgumentCollection) -> None:
    if sum(bool(argument.tokens) for argument in arguments) != 1:
        raise ValueError("Give one region to replace: --mask, --box or --part.")


REGION = Group("Region (one of these)", validator=_need_one)


@Parameter(name="*", group=REGION)
@dataclass(frozen=True, kw_only=True)
class RegionOptions:
    """Which region is to be replaced."""

    mask: Path | None = None
    """Picture that is white where the reference is to show, black elsewhere; grey mixes."""
    box: Box = None
    """Left edge, top edge, width and height, in pixels of the model's square picture."""
    part: str | None = None
    """Name of a part that the model finds, such as mouth; see `stylemapgan parts show`."""

    def read(self, photo: OwnPhoto, model: str) -> Mask:
        """Read or find the mask that the options describe.

        Raises:
            EditError: The model has no such part, or the photo does not show it.
        """
        size = photo.editor.image_size
        if self.box is not None:
            return images.box_mask(self.box, size)
        if self.mask is not None:
            return images.read_mask(self.mask, size)
        found = known_parts(model, None).masks(photo.editor, photo.editor.resize(photo.stylemap))
        if self.part not in found:
            raise EditError(f"{model} has no part {self.part!r}; known are: {', '.join(found)}.")
        if not found[self.part].any():
            raise EditError(f"{photo.path} shows no {self.part}: give a --mask or a --box.")
        return found[self.part]


NO_REGION = RegionOptions()
"""No region: rejected, because one option is required."""


def suggest(
    photo: Path,
    /,
    *,
    index: Path,
    region: RegionOptions = NO_REGION,
    config: Annotated[SuggestConfig, Parameter(name="*")] = SuggestConfig(),
    toward: str | None = None,
    directions: Path | None = None,
    photos: str | None = None,
    output: Annotated[Path, Parameter(alias="-o")] = Path("suggest.png"),
    json_file: Annotated[Path | None, Parameter(name="--json")] = None,
    find: FindOptions = USUAL_SQUARES,
    tag: TagOptions = TAGGED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Suggest references whose region would fit a photo, out of an encoded collection.

    Args:
        photo: Photo to edit.
        index: Folder that `stylemapgan encode` wrote; the first time, an index is added to it.
        region: Which region is to be replaced.
        config: What makes a reference a good one.
        toward: Direction of the wanted change, such as smile; any change if not given.
        directions: File of directions; by default, the model's own.
        photos: What was encoded: the SOURCE of `encode`, to show photos on the sheet; without it,
            the sheet shows what the model makes of them.
        output: Where to write the sheet of references and results: .png, .jpg or .webp.
        json_file: Also write the suggestions as a .json file.
        find: Which square of the photo.
        tag: What the sheet says about its origin.
        model: Which model.
    """
    way = toward and direction_named(toward, known_directions(model.model, directions))
    chosen = ChosenModel(name=model.model, engine_config=model.engine_config)
    refuse_other_model(index, chosen.digest(), model.model)
    source = None if photos is None else LibraryPhotos(photos)
    editor = model.load()
    library = _open(index, editor)
    ours = find.open(photo, editor)
    mask = region.read(ours, model.model)
    query = Query(
        stylemap=ours.stylemap,
        mask=mask,
        toward=way or None,
        sha256=hashlib.sha256(photo.read_bytes()).digest(),
    )
    found = suggest_references(library, query, config)
    _print(found)
    if json_file:
        _write_json(json_file, found)
    provenance = tag.edited(
        model.model,
        command="suggest",
        mask=region.mask,
        box=region.box,
        part=region.part,
        toward=toward,
        square=ours.square,
    )
    stylemaps = [editor.as_array(library.stylemap(each.row)) for each in found]
    pictures = _pictures(editor, found, stylemaps, source)
    rows = _sheet_rows(ours, mask, pictures, stylemaps)
    write_sheet(output, rows, None, _titles(found), provenance)


def _open(index: Path, editor: AbstractEditor) -> Library:
    console = Console()
    with Bar(console) as bar:
        return open_library(
            index, editor, lambda done, total: bar.show("indexing photos", done, total)
        )


def _print(found: Sequence[Suggestion]) -> None:
    print(HEADER)
    for rank, each in enumerate(found, start=1):
        numbers = f"{each.score:>7.2f} {each.seam:>7.2f} {each.change:>7.2f}"
        print(f"{rank:>4}{numbers}  {each.photo.fit:<8}  {each.photo.name}")


def _titles(found: Sequence[Suggestion]) -> list[str]:
    """Name the columns of the sheet."""
    return ["source", *(f"{rank}: {each.score:.2f}" for rank, each in enumerate(found, start=1))]


def _write_json(path: Path, found: Sequence[Suggestion]) -> None:
    write_text(path, json.dumps([_facts(each) for each in found], indent=1))
    print(f"wrote {path}")


def _facts(suggestion: Suggestion) -> dict[str, Any]:
    photo, square = suggestion.photo, suggestion.photo.square
    return {
        "photo": photo.name,
        "sha256": photo.sha256.hex(),
        "square": [square.x, square.y, square.side, square.rotation],
        "score": suggestion.score,
        "seam": suggestion.seam,
        "change": suggestion.change,
        "fit": photo.fit,
    }


def _pictures(
    editor: AbstractEditor,
    found: Sequence[Suggestion],
    stylemaps: Sequence[Stylemap],
    photos: LibraryPhotos | None,
) -> list[Images]:
    """Show references as they were photographed, or without photos as the model makes them."""
    if photos is None:
        return [editor.decode(stylemap) for stylemap in stylemaps]
    return [photos.read(each.photo).image(editor.image_size) for each in found]


def _sheet_rows(
    ours: OwnPhoto, mask: Mask, references: Sequence[Images], stylemaps: Sequence[Stylemap]
) -> list[list[Images]]:
    """Lay out the source and the references, and below each what the model makes with it."""
    top = [outline(picture, mask) for picture in (ours.picture, *references)]
    results = [ours.editor.blend_w_plus(ours.stylemap, each, mask) for each in stylemaps]
    return [top, [ours.reconstruction, *results]]
