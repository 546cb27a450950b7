"""The data of an evaluation: test photos, photos like those trained on, and what is known of them.

DATA/val/              test photos; without such a folder, all pictures below DATA
DATA/train/            photos that random pictures should resemble; else the test photos
DATA/labels/val/*.png  maps of parts: the value of a pixel is the number of its part
DATA/labels/parts.txt  names of the parts, one a line, number 0 first (avatars need none)
DATA/attributes.jsonl  or labels.csv: attributes of each picture
DATA/triples/          exchanged parts with their true result, as `stylemapgan avatars` draws

Only photos are needed; tasks that need more are left out where it is missing.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float32, Int, UInt8
from PIL import Image

from stylemapgan.data import PhotoSet, open_folder
from stylemapgan.data.avatars import PARTS
from stylemapgan.errors import DataError, ImageError
from stylemapgan.images.label_maps import read_label_map

TEST, TRAINING = "val", "train"
NOT_ATTRIBUTES = {"split", "file", "participant"}
"""Columns that say which picture, or whose, not what it shows."""

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


@dataclass(frozen=True, eq=False)
class TestData:
    """Photos to test on; pictures come out as float32 in [-1, 1]."""

    __test__ = False  # pytest takes it for a test

    folder: Path
    photos: PhotoSet
    """Test photos."""
    training: PhotoSet | None
    """Photos that random pictures should resemble."""
    rows: Int[np.ndarray, " photos"]
    """Which of the test photos count."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the test photos that count."""
        return tuple(self.photos.names[row] for row in self.rows)

    @property
    def likeness(self) -> PhotoSet:
        """What random pictures are compared with: training photos, else the test photos."""
        return self.photos if self.training is None else self.training

    def images(self, rows: Rows) -> Float32[np.ndarray, "rows 3 size size"]:
        """Copy out test photos."""
        return self.photos.take(self.rows[rows])

    @cached_property
    def attributes(self) -> Attributes:
        """What is known of the test photos; empty where nothing is."""
        split = TEST if self.training is not None or _is_split(self.folder) else ""
        return self._attributes_of(split, self.names)

    @cached_property
    def training_attributes(self) -> Attributes:
        """What is known of the training photos; empty where nothing is."""
        return {} if self.training is None else self._attributes_of(TRAINING, self.training.names)

    @cached_property
    def part_names(self) -> tuple[str, ...]:
        """Names of the parts that maps of parts know, in the order of their numbers."""
        listed = self.folder / "labels" / "parts.txt"
        if listed.is_file():
            return tuple(listed.read_text("utf-8").split("\n")[:-1])
        is_drawn = (self.folder / "avatars.json").is_file()
        has_maps = (self.folder / "labels" / TEST).is_dir()
        return tuple(PARTS) if is_drawn and has_maps else ()

    def part_maps(self, rows: Rows) -> UInt8[np.ndarray, "rows size size"]:
        """Read the maps of parts of test photos; only where there are `part_names`.

        Raises:
            DataError: A map is missing or has another size.
        """
        return np.stack([self._part_map(self.photos.names[row]) for row in self.rows[rows]])

    @cached_property
    def triples(self) -> tuple[TripleFiles, ...]:
        """Exchanged parts whose true result is known; empty where there are none."""
        listed = self.folder / "triples" / "triples.jsonl"
        if not listed.is_file():
            return ()
        told = [json.loads(line) for line in listed.read_text("utf-8").splitlines()]
        return tuple(
            TripleFiles(
                listed.parent / each["folder"], each["part"], each["source"], each["reference"]
            )
            for each in told
        )

    def _part_map(self, name: str) -> UInt8[np.ndarray, "size size"]:
        path = (self.folder / "labels" / TEST / name).with_suffix(".png")
        values = read_part_map(path)
        size = self.photos.size
        if values.shape != (size, size):
            values = np.asarray(
                Image.fromarray(values).resize((size, size), Image.Resampling.NEAREST)
            )
        return values

    def _attributes_of(self, split: str, names: tuple[str, ...]) -> Attributes:
        """Line the table up with photos; photos it does not know have empty values."""
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
        raise DataError(f"There is no folder {folder}: give one with photos, or with val/ in it.")
    photos = open_folder(folder / TEST if _is_split(folder) else folder, size)
    has_training = _is_split(folder) and (folder / TRAINING).is_dir()
    training = open_folder(folder / TRAINING, size) if has_training else None
    count = min(len(photos), most or len(photos))
    rows = np.linspace(0, len(photos) - 1, count).round().astype(np.int64)
    return TestData(folder, photos, training, rows)


def read_part_map(path: Path) -> UInt8[np.ndarray, "height width"]:
    """Read a map of parts at its own size.

    Raises:
        DataError: It is missing or no such map.
    """
    if not path.is_file():
        raise DataError(f"There is no map of parts at {path}, as for other photos.")
    try:
        return read_label_map(path)
    except ImageError as error:
        raise DataError(f"The map of parts {error}") from None


def _is_split(folder: Path) -> bool:
    return (folder / TEST).is_dir()


def _table(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """List pictures, as `val/000.png`, with their attributes."""
    lines, sheet = folder / "attributes.jsonl", folder / "labels.csv"
    if lines.is_file():
        for line in lines.read_text("utf-8").splitlines():
            values = json.loads(line)
            yield values["file"], _attributes(values)
    elif sheet.is_file():
        with sheet.open(newline="", encoding="utf-8") as file:
            for values in csv.DictReader(file):
                place = PurePosixPath(values.get("split", "")) / values["file"]
                yield str(place), _attributes(values)


def _attributes(values: Mapping[str, str]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if name not in NOT_ATTRIBUTES}
