"""Parquet files of encoded photos, one row a photo.

    photo      name in its source
    sha256     hash of the photo's file
    square     what the model saw of it: x, y, side, rotation; null if it was not encoded
    error      mean squared error of its reconstruction, on [-1, 1]; null if it was not measured
    fit        verdict about that error: good, doubtful, outside or unknown
    problem    why it was not encoded; empty if it was
    stylemap   float16, (channels, rows, columns); null if it was not encoded

Stylemaps are stored as they are, without compression or dictionaries, in row groups of 256 photos:
a reader maps the files into memory and decodes the row groups that it needs. The schema's metadata
names the model.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float16

from stylemapgan.editing.photo import Square
from stylemapgan.errors import DataError, MissingExtraError
from stylemapgan.images.atomic import replacing

ROWS = 256
"""Photos of a row group: a few megabytes, what a disk reads at once."""
METADATA = b"stylemapgan"
"""Key of the schema's metadata: JSON about the model."""
PATTERN = "part-*.parquet"

Shape: TypeAlias = tuple[int, int, int]
Arrow: TypeAlias = Any
"""A value of pyarrow, which is imported where it is needed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedPhoto:
    """A row: a photo and what the model makes of it."""

    photo: str
    sha256: bytes
    square: Square | None = None
    error: float | None = None
    fit: str | None = None
    problem: str = ""
    stylemap: Float16[np.ndarray, "channels rows columns"] | None = None


def part_path(folder: Path, number: int) -> Path:
    """Return the path of a file by its number."""
    return folder / f"part-{number:08d}.parquet"


def write_part(
    path: Path, photos: Sequence[EncodedPhoto], shape: Shape, about: Mapping[str, Any]
) -> None:
    """Write a file, completely or not at all.

    Args:
        path: Where.
        photos: Its rows.
        shape: Of a stylemap.
        about: The model, for the metadata.

    Raises:
        StorageError: The disk is full or writing is denied.
    """
    pa, pq = _pyarrow()
    schema = _schema(shape).with_metadata({METADATA: json.dumps(dict(about)).encode()})
    columns = {name: [getattr(photo, name) for photo in photos] for name in schema.names[:-1]}
    columns["square"] = [each and vars(each) for each in columns["square"]]
    arrays = [pa.array(columns[name], schema.field(name).type) for name in schema.names[:-1]]
    table = pa.Table.from_arrays([*arrays, _stylemaps(photos, shape)], schema=schema)
    with replacing(path) as unfinished:
        pq.write_table(
            table,
            unfinished,
            row_group_size=ROWS,
            compression="none",
            use_dictionary=False,
            write_statistics=["photo"],
        )


@dataclass(frozen=True, eq=False)
class Stylemaps:
    """All encoded photos of a folder; columns are read when they are first used."""

    paths: Sequence[Path]
    """The files, in order."""
    about: Mapping[str, Any]
    """The model, see `encode_photos`."""

    @cached_property
    def table(self) -> Arrow:
        """All columns of all photos, in memory."""
        return self._columns(None)

    @cached_property
    def facts(self) -> Arrow:
        """All columns but the stylemaps, of the photos that were encoded."""
        import pyarrow.compute as pc

        names = [name for name in _schema((1, 1, 1)).names if name != "stylemap"]
        return self._columns(names).filter(pc.field("problem") == "")

    @cached_property
    def names(self) -> list[str]:
        """Names of the photos that were encoded."""
        return self.facts["photo"].to_pylist()

    @cached_property
    def stylemaps(self) -> Float16[np.ndarray, "photos channels rows columns"]:
        """Their stylemaps, all in memory."""
        return np.concatenate(list(self.row_groups()))

    def row_groups(self) -> Iterator[Float16[np.ndarray, "_ channels rows columns"]]:
        """Read the stylemaps of the photos that were encoded, one row group at a time.

        Raises:
            DataError: A file is damaged.
        """
        for path in self.paths:
            yield from _row_groups(path)

    def _columns(self, names: Sequence[str] | None) -> Arrow:
        pa, _ = _pyarrow()
        return pa.concat_tables([_read(path, names) for path in self.paths])


def read_stylemaps(folder: Path) -> Stylemaps:
    """Open what `stylemapgan encode` wrote.

    Raises:
        DataError: The folder holds no such files, or one is damaged.
        MissingExtraError: pyarrow is not installed.
    """
    _, pq = _pyarrow()
    paths = sorted(folder.glob(PATTERN))
    if not paths:
        raise DataError(f"{folder} holds no encoded photos: make them with `stylemapgan encode`.")
    with _readable(paths[0]):
        schema = pq.read_schema(paths[0], memory_map=True)
    return Stylemaps(paths, json.loads((schema.metadata or {}).get(METADATA, b"{}")))


def count_rows(path: Path) -> tuple[int, int]:
    """Count the photos of a file, and those that were encoded.

    Raises:
        DataError: The file is damaged.
    """
    problems = _problems(path)
    return len(problems), problems.count("")


def first_problem(path: Path) -> str:
    """Say why the first photo of a file was not encoded.

    Raises:
        DataError: The file is damaged.
    """
    return next(filter(None, _problems(path)), "")


def _problems(path: Path) -> list[str]:
    return _read(path, ["problem"])["problem"].to_pylist()


def _read(path: Path, columns: Sequence[str] | None = None) -> Arrow:
    _, pq = _pyarrow()
    with _readable(path):
        return pq.read_table(path, columns=columns, memory_map=True)


def _row_groups(path: Path) -> Iterator[Float16[np.ndarray, "_ channels rows columns"]]:
    _, pq = _pyarrow()
    import pyarrow.compute as pc

    with _readable(path), pq.ParquetFile(path, memory_map=True) as file:
        for number in range(file.num_row_groups):
            group = file.read_row_group(number, ["problem", "stylemap"])
            column = group.filter(pc.field("problem") == "")["stylemap"]
            if len(column):
                yield column.combine_chunks().to_numpy_ndarray()


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn errors of reading a file into a DataError."""
    pa, _ = _pyarrow()
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} is damaged ({error}): delete it and encode again.") from None


def _schema(shape: Shape) -> Arrow:
    pa, _ = _pyarrow()
    number = pa.float64()
    square = pa.struct(dict.fromkeys(("x", "y", "side", "rotation"), number))
    return pa.schema(
        [
            ("photo", pa.string()),
            ("sha256", pa.binary(32)),
            ("square", square),
            ("error", pa.float32()),
            ("fit", pa.string()),
            ("problem", pa.string()),
            ("stylemap", pa.fixed_shape_tensor(pa.float16(), shape)),
        ]
    )


def _stylemaps(photos: Sequence[EncodedPhoto], shape: Shape) -> Arrow:
    """Put stylemaps one after the other; missing ones are null."""
    pa, _ = _pyarrow()
    values = np.zeros((len(photos), *shape), np.float16)
    missing = np.array([photo.stylemap is None for photo in photos])
    for row, photo in enumerate(photos):
        if photo.stylemap is not None:
            values[row] = photo.stylemap
    flat = pa.array(values.ravel(), pa.float16())
    storage = pa.FixedSizeListArray.from_arrays(flat, int(np.prod(shape)), mask=pa.array(missing))
    return pa.ExtensionArray.from_storage(pa.fixed_shape_tensor(pa.float16(), shape), storage)


def _pyarrow() -> tuple[Arrow, Arrow]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise MissingExtraError("pyarrow", "encode") from None
    return pyarrow, pyarrow.parquet
