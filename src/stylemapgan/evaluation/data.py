"""The data of an evaluation: test photos, training photos, and their labels.

DATA/val/              test photos; without such a folder, all pictures below DATA
DATA/train/            photos that random pictures should resemble; else the test photos
DATA/labels/val/*.png  maps of parts: the value of a pixel is the number of its part
DATA/labels/parts.txt  names of the parts, one per line, number 0 first (not needed for avatars)
DATA/attributes.jsonl  or labels.csv: attributes of each picture
DATA/triples/          exchanged parts with their true result, drawn by `stylemapgan avatars`

Only photos are required; tasks that need more are left out where it is missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Float32, Int, UInt8

from stylemapgan.data import PhotoSet, open_folder, spread_rows
from stylemapgan.data.avatars import TRIPLE_MAPS
from stylemapgan.data.label_maps import map_file, middle_square, read_part_map, read_part_names
from stylemapgan.data.user_tables import read_objects, read_table
from stylemapgan.errors import DataError

TEST, TRAINING = "val", "train"
NOT_ATTRIBUTES = {"split", "participant", ""}
"""Columns that say which split a picture is in or whom it shows, and columns without a name."""

Attributes = Mapping[str, tuple[str, ...]]
"""Attribute → its value for each picture, in the pictures' order."""
Rows = slice | Int[np.ndarray, " rows"]


@dataclass(frozen=True)
class TripleFiles:
    """Two pictures, a part, and the true picture of the source with the reference's part."""

    folder: Path
    part: str
    source: Mapping[str, str]
    """Attributes of the source."""
    reference: Mapping[str, str]

    def part_map_file(self, picture: str) -> Path:
        """Find the map of parts of the `source`, the `reference` or the `truth`."""
        return self.folder / TRIPLE_MAPS[picture]


@dataclass(frozen=True, eq=False)
class TestData:
    """Photos to test on; pictures come out as float32 in [-1, 1]."""

    __test__ = False  # so that pytest does not collect it

    folder: Path
    photos: PhotoSet
    """Test photos."""
    training: PhotoSet | None
    """Photos that random pictures should resemble; None without train/."""
    rows: Int[np.ndarray, " photos"]
    """The test photos that are measured."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the test photos that are measured."""
        return tuple(self.photos.names[row] for row in self.rows)

    @property
    def likeness(self) -> PhotoSet:
        """Photos that random pictures are compared with: training photos, else the test photos."""
        return self.photos if self.training is None else self.training

    def images(self, rows: Rows) -> Float32[np.ndarray, "rows 3 size size"]:
        """Copy out test photos."""
        return self.photos.take(self.rows[rows])

    @cached_property
    def attributes(self) -> Attributes:
        """Attributes of the test photos; empty where there are none."""
        split = TEST if self.training is not None or _is_split(self.folder) else ""
        return self.attributes_of(split, self.names)

    @cached_property
    def training_attributes(self) -> Attributes:
        """Attributes of the training photos; empty where there are none."""
        return {} if self.training is None else self.attributes_of(TRAINING, self.training.names)

    @cached_property
    def part_names(self) -> tuple[str, ...]:
        """Names of the parts in maps of parts, in the order of their numbers."""
        return read_part_names(self.folder, TEST)

    def part_maps(self, rows: Rows) -> UInt8[np.ndarray, "rows size size"]:
        """Read the maps of parts of test photos, cut and resized as these are.

        Call it only where there are `part_names`.

        Raises:
            DataError: A map is missing or damaged.
        """
        return np.stack([self._part_map(self.photos.names[row]) for row in self.rows[rows]])

    @cached_property
    def triples(self) -> tuple[TripleFiles, ...]:
        """Exchanged parts whose true result is known; empty where there are none."""
        listed = self.folder / "triples" / "triples.jsonl"
        if not listed.is_file():
            return ()
        return tuple(_triple(listed, line, values) for line, values in read_objects(listed))

    @cached_property
    def has_maps_of_triples(self) -> bool:
        """Whether all pictures of triples have maps of parts; earlier versions drew none."""
        return all(
            triple.part_map_file(picture).is_file()
            for triple in self.triples
            for picture in TRIPLE_MAPS
        )

    def _part_map(self, name: str) -> UInt8[np.ndarray, "size size"]:
        return middle_square(read_part_map(map_file(self.folder, TEST, name)), self.photos.size)

    def attributes_of(self, split: str, names: tuple[str, ...]) -> Attributes:
        """Align the table with photos of a split; photos that are not in it have empty values."""
        table = dict(_table(self.folder))
        found = [table.get(str(PurePosixPath(split) / name), {}) for name in names]
        fields = dict.fromkeys(field for values in found for field in values)
        return {field: tuple(values.get(field, "") for values in found) for field in fields}


def open_test_data(folder: Path, size: int, most: int = 0) -> TestData:
    """Open the data of an evaluation for a model.

    Args:
        folder: See the top of this file.
        size: Height and width of the model's pictures.
        most: Test photos at most, spread evenly; 0 takes all.

    Raises:
        DataError: There is no such folder, or no usable photo in it.
    """
    if not folder.is_dir():
        raise DataError(
            f"There is no folder {folder}: give a folder of photos, or one that holds val/."
        )
    photos = open_folder(folder / TEST if _is_split(folder) else folder, size)
    has_training = _is_split(folder) and (folder / TRAINING).is_dir()
    training = open_folder(folder / TRAINING, size) if has_training else None
    rows = spread_rows(len(photos), most or len(photos))
    return TestData(folder, photos, training, rows)


def _is_split(folder: Path) -> bool:
    return (folder / TEST).is_dir()


def _table(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """List pictures, as `val/000.png`, with their attributes."""
    known = (folder / name for name in ("attributes.jsonl", "labels.csv"))
    path = next((path for path in known if path.is_file()), None)
    if path is None:
        return
    table = read_table(path)
    left_out = {name for name in table.columns if name.lower() in NOT_ATTRIBUTES}
    left_out.add(table.file_column)
    split_column = next((name for name in table.columns if name.lower() == "split"), "")
    for file, row in table.files():
        split = row.values.get(split_column, "")
        path_in_data = file if file.startswith(f"{split}/") else str(PurePosixPath(split) / file)
        yield (
            path_in_data,
            {name: text for name, text in row.values.items() if name not in left_out},
        )


def _triple(listed: Path, line: int, values: Mapping[str, Any]) -> TripleFiles:
    try:
        names = str(values["folder"]), str(values["part"])
        source, reference = dict(values["source"]), dict(values["reference"])
    except (KeyError, TypeError, ValueError):
        raise DataError(
            f"{listed}, line {line} does not describe a triple: folder and part must be strings, "
            "source and reference objects with attributes."
        ) from None
    return TripleFiles(listed.parent / names[0], names[1], source, reference)
