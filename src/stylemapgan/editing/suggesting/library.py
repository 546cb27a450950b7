"""A library of encoded photos, laid out so that a search reads only the cells it compares.

`stylemapgan encode` writes stylemaps photo by photo. A search compares the cells that a mask
touches, some dozens of several hundred. Beside the Parquet files lies therefore the same data cell
by cell:

    _cells.npy    float16, (cells, photos, channels), mapped into memory
    _colours.npy  float32, (cells, 3, photos), the colours that cells stand for, mapped likewise
    _cells.json   what they were made from, how much each channel varies, and how cells tell colours

All are made when they are first needed, and again when a Parquet file has changed.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
from jaxtyping import Bool, Float, Float16, Float32

from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.encoding import Stylemaps, read_stylemaps
from stylemapgan.editing.photo import Square
from stylemapgan.editing.photo.fit import Verdict
from stylemapgan.editing.suggesting.cell_colours import ColourMap, colours_of, learn_colours
from stylemapgan.errors import DataError
from stylemapgan.images.atomic import replacing, write_text

CELLS, COLOURS, NOTE = "_cells.npy", "_colours.npy", "_cells.json"
LEAST_SPREAD = 1e-6
"""A channel that is the same in all photos counts as varying by this much."""

CHUNK = 65_536
"""Photos of which a cell is turned into colours at once."""
DECODED = 64
"""Most photos whose colours are looked at."""

OnProgress = Callable[[int, int], None]
"""Called with the number of photos done, and of all photos."""


@dataclass(frozen=True, kw_only=True)
class LibraryPhoto:
    """What the library knows about a photo, its stylemap aside."""

    name: str
    """Its name in the source that was encoded."""
    sha256: bytes
    """Hash of its file."""
    square: Square
    """What the model saw of it, in pixels of the photo."""
    fit: Verdict
    """How well the model knows it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Library:
    """Encoded photos to suggest references from; their stylemaps stay on disk."""

    encoded: Stylemaps
    """Names, hashes, squares and fits."""
    cells: Float16[np.ndarray, "cells photos channels"]
    """Stylemaps cell by cell, row by row of the stylemap; mapped into memory."""
    shown: Float32[np.ndarray, "cells 3 photos"]
    """Colours of the cells, RGB in [-1, 1]; mapped into memory."""
    spread: Float32[np.ndarray, " channels"]
    """How much each channel varies from photo to photo: a standard deviation."""
    colours: ColourMap
    """From a cell to its colour, see `cell_colours`."""

    def __len__(self) -> int:
        return self.cells.shape[1]

    @cached_property
    def is_doubtful(self) -> Bool[np.ndarray, " photos"]:
        """Photos that the model knows badly."""
        return self._equals("fit", "doubtful")

    def may_be_suggested(self, source: bytes | None) -> Bool[np.ndarray, " photos"]:
        """Tell which photos can be references: the model knows them, and none is the source.

        Args:
            source: Hash of the source's file, if there is one.
        """
        others = ~self._equals("fit", "outside")
        return others if source is None else others & ~self._equals("sha256", source)

    def photo(self, row: int) -> LibraryPhoto:
        """Describe a photo."""
        (facts,) = self.encoded.facts.slice(row, 1).to_pylist()
        return LibraryPhoto(
            name=facts["photo"],
            sha256=facts["sha256"],
            square=Square(**facts["square"]),
            fit=facts["fit"] or "unknown",
        )

    def stylemap(self, row: int) -> Float32[np.ndarray, "1 channels rows columns"]:
        """Read the stylemap of a photo."""
        side = round(len(self.cells) ** 0.5)
        cells = np.asarray(self.cells[:, row], np.float32)  # (cells, channels)
        return np.ascontiguousarray(cells.T).reshape(1, -1, side, side)

    def _equals(self, column: str, value: str | bytes) -> Bool[np.ndarray, " photos"]:
        import pyarrow.compute

        equal: Any = pyarrow.compute.equal  # type: ignore[attr-defined]
        return equal(self.encoded.facts[column], value).fill_null(False).to_numpy()


def refuse_other_model(folder: Path, digest: str, model: str) -> None:
    """Require that a model has encoded a folder: stylemaps of others mean something else.

    Args:
        folder: What `stylemapgan encode` wrote.
        digest: See `ChosenModel.digest`.
        model: Name of the model, for the message.

    Raises:
        DataError: Another one has, or the folder holds no encoded photos.
        MissingExtraError: pyarrow is not installed.
    """
    about = read_stylemaps(folder).about
    if about.get("model") != digest:
        name = about.get("name", "another model")
        raise DataError(
            f"{folder} was encoded with other files or another engine ({name}) than {model} has "
            "now: encode the photos again, or choose that model."
        )


def open_library(
    folder: Path, editor: AbstractEditor, on_progress: OnProgress = lambda done, total: None
) -> Library:
    """Open a folder that `stylemapgan encode` wrote; the first time, lay its stylemaps out anew.

    Args:
        folder: The folder; it must be writable the first time.
        editor: The model that encoded it; the first time, it decodes some stylemaps.
        on_progress: Called while stylemaps are laid out.

    Raises:
        DataError: The folder holds no encoded photos, or a file is damaged.
        MissingExtraError: pyarrow is not installed.
        StorageError: The disk is full or writing is denied.
    """
    encoded = read_stylemaps(folder)
    stamp = _stamp(encoded)
    note = _read_note(folder)
    if note.get("made from") != stamp:
        spread, shown = _lay_out(encoded, folder / CELLS, on_progress)
        colours = learn_colours(editor, shown)
        _write_colours(folder, colours)
        note = {"made from": stamp, "spread": spread.tolist(), "colours": colours.tolist()}
        write_text(folder / NOTE, json.dumps(note))
    return Library(
        encoded=encoded,
        cells=np.load(folder / CELLS, mmap_mode="r"),
        shown=np.load(folder / COLOURS, mmap_mode="r"),
        spread=np.array(note["spread"], np.float32),
        colours=np.array(note["colours"], np.float32),
    )


def _read_note(folder: Path) -> dict[str, Any]:
    """Read what the layout was made from; empty if there is none, or only a part of it."""
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    has_files = all((folder / name).is_file() for name in (CELLS, COLOURS))
    return note if has_files and isinstance(note, dict) and "colours" in note else {}


def _lay_out(
    encoded: Stylemaps, path: Path, on_progress: OnProgress
) -> tuple[Float[np.ndarray, " channels"], Float16[np.ndarray, "_ channels rows columns"]]:
    """Write stylemaps cell by cell, one row group at a time.

    Returns:
        How much each channel varies, and the stylemaps of some photos, spread over all.
    """
    total, done = len(encoded.facts), 0
    if not total:
        raise DataError(f"{path.parent} holds no photo that could be encoded.")
    moments, some, every = _Moments(), [], -(-total // DECODED)
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        for group in encoded.row_groups():
            flat = group.reshape(*group.shape[:2], -1)  # (photos, channels, cells)
            by_cell = np.ascontiguousarray(flat.transpose(2, 0, 1))  # (cells, photos, channels)
            _write_photos(file, by_cell, done, total)
            moments.add(flat)
            some.append(group[-done % every :: every])
            done += len(flat)
            on_progress(done, total)
    return moments.spread, np.concatenate(some)


def _write_photos(
    file: IO[bytes], by_cell: Float16[np.ndarray, "cells photos channels"], row: int, total: int
) -> None:
    """Write some of all photos into an .npy file, each cell to its place."""
    cells, _, channels = by_cell.shape
    header = {"descr": "<f2", "fortran_order": False, "shape": (cells, total, channels)}
    file.seek(0)
    np.lib.format.write_array_header_1_0(file, header)
    start = file.tell()
    for cell, values in enumerate(by_cell):
        file.seek(start + values.itemsize * channels * (cell * total + row))
        file.write(values.tobytes())


def _write_colours(folder: Path, colours: ColourMap) -> None:
    """Write the colours of all cells, some photos at a time."""
    cells = np.load(folder / CELLS, mmap_mode="r")
    with replacing(folder / COLOURS) as unfinished:
        shape = (len(cells), 3, cells.shape[1])
        shown = np.lib.format.open_memmap(unfinished, "w+", np.dtype("<f4"), shape)
        for cell, values in enumerate(cells):
            for start in range(0, len(values), CHUNK):
                photos = slice(start, start + CHUNK)
                shown[cell, :, photos] = colours_of(values[photos].astype(np.float32), colours).T
        shown.flush()


class _Moments:
    """How much each channel of a cell varies from photo to photo, on average over cells."""

    def __init__(self) -> None:
        self._count = 0
        self._sum: Any = 0.0
        self._squares: Any = 0.0

    def add(self, stylemaps: Float16[np.ndarray, "photos channels cells"]) -> None:
        """Count some photos."""
        values = stylemaps.astype(np.float64)
        self._count += len(values)
        self._sum += values.sum(axis=0)
        self._squares += np.square(values).sum(axis=0)

    @property
    def spread(self) -> Any:
        """Standard deviation of each channel."""
        variance = self._squares / self._count - np.square(self._sum / self._count)
        return np.sqrt(np.maximum(variance.mean(axis=1), LEAST_SPREAD**2))


def _stamp(encoded: Stylemaps) -> str:
    digest = hashlib.sha256()
    for path in encoded.paths:
        status = path.stat()
        digest.update(f"{path.name} {status.st_size} {status.st_mtime_ns}\0".encode())
    return digest.hexdigest()
