"""Queries as rows of a sheet: the source, then each suggested reference and its result."""

from collections.abc import Sequence
from pathlib import Path

from stylemapgan import images
from stylemapgan.cli.edit_sheets import outline
from stylemapgan.cli.results import write_sheet
from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.parts import Parts
from stylemapgan.editing.suggesting import Library, Query, SuggestConfig, suggest
from stylemapgan.types import Images, Mask

TITLES = ("source", *(f"{rank}{name}" for rank in "123" for name in (": reference", ": result")))


def write_queries(  # noqa: PLR0913, PLR0917 - what is shown, and where
    path: Path,
    editor: AbstractEditor,
    parts: Parts,
    library: Library,
    portraits: Sequence[Path],
    names: Sequence[str],
) -> None:
    """Write a row for each part of each portrait.

    Args:
        path: Where to.
        editor: The model; references are shown as it reconstructs them.
        parts: The model's.
        library: What is searched.
        portraits: Square pictures.
        names: Parts to replace.
    """
    rows, titles = [], []
    for portrait in portraits:
        picture = images.read(portrait, editor.image_size)
        masks = parts.masks(editor, editor.resize(editor.encode(picture)))
        for name in names:
            rows.append(_row(editor, library, picture, masks[name]))
            titles.append(name)
    write_sheet(path, rows, titles, TITLES)


def _row(editor: AbstractEditor, library: Library, picture: Images, mask: Mask) -> list[Images]:
    stylemap = editor.encode(picture)
    row = [outline(picture, mask)]
    for found in suggest(library, Query(stylemap=stylemap, mask=mask), SuggestConfig(top=3)):
        reference = editor.as_array(library.stylemap(found.row))
        row.append(outline(editor.decode(reference), mask))
        row.append(editor.blend_w_plus(stylemap, reference, mask))
    return row
