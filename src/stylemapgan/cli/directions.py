"""`stylemapgan directions`: find directions, and list them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from stylemapgan import checkpoints, zoo
from stylemapgan.checkpoints.file import refuse_unwritable
from stylemapgan.cli.bars import Bar
from stylemapgan.cli.edit_sheets import write_direction_sheet
from stylemapgan.cli.move import known_directions
from stylemapgan.cli.options import BUNDLED_MODEL, ModelOptions
from stylemapgan.cli.results import TAGGED, TagOptions
from stylemapgan.cli.speaking import INTERRUPTED, say
from stylemapgan.editing import directions as library
from stylemapgan.editing.directions import (
    Direction,
    LabelledPhotos,
    Question,
    photos_in_folders,
    photos_in_table,
)
from stylemapgan.editing.directions.direction import WHAT, refuse_texts
from stylemapgan.editing.directions.finding_directions import import_scikit_learn
from stylemapgan.errors import DataError
from stylemapgan.images.formats import IN_FOLDERS
from stylemapgan.images.levels import to_numpy


@Parameter(name="*", group="Labels (two folders, or a table)")
@dataclass(frozen=True, kw_only=True)
class LabelOptions:
    """Which photos have it and which have not."""

    having: Annotated[Path | None, Parameter(name="--with")] = None
    """Folder of positive examples."""
    lacking: Annotated[Path | None, Parameter(name="--without")] = None
    """Folder of negative examples."""
    labels: Path | None = None
    """Table with a column `file` (or filename, name, image, path): .csv with a line of names, or
    .jsonl."""
    photos: Path | None = None
    """Folder of the table's photos, by default the table's own; others are skipped."""
    column: str | None = None
    """Column of the table that holds the labels."""
    positive: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = ()
    """Values in that column that mean yes."""
    negative: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = ()
    """Values that mean no; by default, all others."""
    groups: str | None = None
    """Column that names the person in each photo: cross-validation then keeps each person's photos
    on one side."""

    def read(self) -> LabelledPhotos:
        """List the labelled photos."""
        if self.labels is None and self.having and self.lacking:
            return photos_in_folders(self.having, self.lacking)
        if self.labels and self.column and self.positive and not (self.having or self.lacking):
            question = Question(
                column=self.column,
                positive=self.positive,
                negative=self.negative,
                groups=self.groups,
            )
            return photos_in_table(self.labels, self.photos or self.labels.parent, question)
        raise DataError(
            "Labels are missing: give either --with and --without, or --labels, --column and "
            "--positive."
        )


NO_LABELS = LabelOptions()
"""No labels: rejected, because labels are required."""


SAMPLES = 200
"""Random stylemaps that measure a typical step along a direction of the weights."""
Output: TypeAlias = Annotated[Path, Parameter(alias="-o")]

app = App(name="directions", help="Find what a model can change in a photo: directions for `move`.")


@app.command
def fit(
    name: str,
    /,
    *,
    labels: LabelOptions = NO_LABELS,
    label: str | None = None,
    output: Output = Path("directions.safetensors"),
    sheet: Path | None = None,
    tag: TagOptions = TAGGED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Find the direction from negative to positive examples.

    Args:
        name: What to call the direction: small letters, digits and hyphens.
        labels: Positive and negative examples.
        label: Text that the Studio shows; made from the name by default.
        output: File to add the direction to; one of the same name in it is replaced.
        sheet: Also write some of the photos, pushed from -3 to 3.
        tag: What the files say about their origin.
        model: Which model.
    """
    refuse_texts(name, name if label is None else label)
    import_scikit_learn()
    photos = labels.read()
    kept = [each for each in _already_in(output) if each.name != name]
    editor = model.load()
    with _shown() as show:
        stylemaps = library.encode_photos(editor, photos.paths, show("photos"))
        found = library.fit_by_labels(
            stylemaps, photos.labels, name=name, groups=photos.groups, show=show("fits")
        )
    found = replace(found, label=label or found.label)
    with_it, accuracy = sum(photos.labels), found.accuracy or 0.0
    print(
        f"{with_it:,} photos with it, {len(photos.labels) - with_it:,} without; separated with "
        f"{accuracy:.1%} balanced accuracy on held-out photos (guessing: 50 %)"
    )
    _write(output, [*kept, found])
    if sheet:
        provenance = tag.edited(model.model, command="directions fit", direction=name)
        write_direction_sheet(sheet, editor, stylemaps, [found], provenance)


@app.command
def variance(
    photos: Path,
    /,
    *,
    count: int = 8,
    output: Output = Path("directions.safetensors"),
    sheet: Path | None = None,
    tag: TagOptions = TAGGED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Find the directions in which photos vary most; needs no labels.

    Args:
        photos: Folder of photos.
        count: How many directions.
        output: File to add the directions to; those of the same names in it are replaced.
        sheet: Also write a photo, pushed from -3 to 3 along each.
        tag: What the files say about their origin.
        model: Which model.
    """
    kept = [each for each in _already_in(output) if not each.name.startswith("variance-")]
    paths = zoo.pictures_in(photos)
    if not paths:
        raise DataError(f"The folder {photos} holds no pictures ({IN_FOLDERS}).")
    editor = model.load()
    with _shown() as show:
        stylemaps = library.encode_photos(editor, paths, show("photos"))
    found = library.principal_directions(stylemaps, count)
    _write(output, [*kept, *found])
    if sheet:
        provenance = tag.edited(model.model, command="directions variance")
        write_direction_sheet(sheet, editor, stylemaps, found, provenance)


@app.command
def weights(
    *,
    count: int = 8,
    output: Output = Path("directions.safetensors"),
    sheet: Path | None = None,
    tag: TagOptions = TAGGED,
    model: ModelOptions = BUNDLED_MODEL,
) -> None:
    """Find the directions that a model's weights amplify most; needs no photos.

    Args:
        count: How many directions.
        output: File to add the directions to; those of the same names in it are replaced.
        sheet: Also write a random picture, pushed from -3 to 3 along each.
        tag: What the files say about their origin.
        model: Which model; its .safetensors file is read.
    """
    kept = [each for each in _already_in(output) if not each.name.startswith("weights-")]
    checkpoint = checkpoints.read(zoo.find(model.model))
    editor = model.load()
    stylemaps = to_numpy(editor.sample(SAMPLES))
    found = library.closed_form_directions(checkpoint, count, stylemaps)
    _write(output, [*kept, *found])
    if sheet:
        provenance = tag.generated(model.model, command="directions weights")
        write_direction_sheet(sheet, editor, stylemaps, found, provenance)


@app.command(name="list")
def show_list(file: Path | None = None, /, *, model: str = zoo.BUNDLED[0]) -> None:
    """List the directions of a file, or of a bundled model.

    Args:
        file: File of directions.
        model: Name of a bundled model, if no file is given.
    """
    table = Table(box=None, pad_edge=False)
    for title in ("name", "label", "from", "accuracy (guessing: 50 %)"):
        table.add_column(title)
    for each in known_directions(model, file):
        accuracy = "" if each.accuracy is None else f"{each.accuracy:.1%}"
        table.add_row(each.name, each.label, each.origin, accuracy)
    Console().print(table)


def _already_in(output: Path) -> tuple[Direction, ...]:
    """Read what the file to write holds; fails before any work if it cannot be written."""
    refuse_unwritable(output, WHAT)
    return library.read_directions(output) if output.exists() else ()


def _write(output: Path, directions: Sequence[Direction]) -> None:
    library.write_directions(output, directions)
    print(f"wrote {output}: {', '.join(direction.name for direction in directions)}")


@contextmanager
def _shown() -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """Show a bar for each step; Ctrl-C ends the command with one line."""
    console = Console()
    try:
        with Bar(console) as bar:
            yield lambda what: lambda done, total: bar.show(what, done, total)
    except KeyboardInterrupt:
        say(console, "Stopped; nothing was written.")
        sys.exit(INTERRUPTED)
