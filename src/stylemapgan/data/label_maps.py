"""Maps of parts beside photos: the number of the part that each pixel shows.

DATA/train/000.jpg         a photo
DATA/labels/train/000.png  its map: grey levels or palette indices
DATA/labels/parts.txt      names of the parts, one per line, number 0 first (not needed for avatars)
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from stylemapgan.data.avatars import PARTS
from stylemapgan.data.photo_order import batch_indices
from stylemapgan.data.photo_set import PhotoSet
from stylemapgan.data.sources import FolderSource, open_source
from stylemapgan.data.user_tables import read_names
from stylemapgan.data.worker_pool import in_threads
from stylemapgan.errors import DataError, ImageError
from stylemapgan.images.decoding import upright_size
from stylemapgan.images.masks import read_label_map
from stylemapgan.types import Share

LABELS = "labels"
PARTS_FILE = "parts.txt"


@dataclass(frozen=True, eq=False)
class LabelMapSet:
    """The maps of a `PhotoSet`, in the order of its photos."""

    maps: UInt8[np.ndarray, "photos size size"]
    """All in memory: a byte for each pixel."""
    parts: tuple[str, ...]
    """Names of the parts, number 0 first."""

    def take(self, indices: Int[np.ndarray, "batch"]) -> UInt8[np.ndarray, "batch size size"]:
        """Copy maps out."""
        return self.maps[indices]

    def batch(
        self, images_seen: int, batch: int, share: Share, seed: int
    ) -> UInt8[np.ndarray, "rows size size"]:
        """Copy out the maps of the photos that `PhotoSet.batch` gives."""
        return self.take(batch_indices(len(self.maps), batch, images_seen, seed)[share.rows])


def read_part_names(data: Path, split: str) -> tuple[str, ...]:
    """Read the names of the parts in maps, number 0 first; empty where there are none.

    Args:
        data: Folder that holds the folders of photos, and `labels/`.
        split: Name of the folder of photos.

    Raises:
        DataError: The list cannot be read.
    """
    listed = data / LABELS / PARTS_FILE
    if listed.is_file():
        return read_names(listed)
    is_drawn = (data / "avatars.json").is_file()
    has_maps = (data / LABELS / split).is_dir()
    return tuple(PARTS) if is_drawn and has_maps else ()


def part_names_beside(location: str | Path) -> tuple[str, ...]:
    """Read the names of the parts in the maps of a folder of photos.

    Args:
        location: Folder of photos, such as `DATA/train`.

    Raises:
        DataError: It is no such folder, or there are no maps.
    """
    source = open_source(location)
    if not isinstance(source, FolderSource):
        raise DataError(
            f"Maps of parts are read beside a folder of photos, not beside {source.describe()}: "
            "give a folder such as DATA/train, with the maps in DATA/labels/train."
        )
    folder = source.folder.absolute()
    names = read_part_names(folder.parent, folder.name)
    if not names:
        raise DataError(
            f"There is no {folder.parent / LABELS / PARTS_FILE} that names the parts, one a line: "
            f"each photo needs a map of parts in {folder.parent / LABELS / folder.name}."
        )
    return names


def open_label_maps(location: str | Path, photos: PhotoSet) -> LabelMapSet:
    """Read the map of every photo of a folder, cut and resized as the photo is.

    Args:
        location: The folder of the photos.
        photos: The photos.

    Raises:
        DataError: A map is missing or damaged, has another shape than its photo, or holds the
            number of a part without a name.
    """
    parts = part_names_beside(location)
    folder = Path(location).absolute()

    def read(name: str) -> UInt8[np.ndarray, "size size"]:
        path = map_file(folder.parent, folder.name, name)
        numbers = read_part_map(path)
        _refuse_unfit(path, numbers, folder / name, len(parts))
        return middle_square(numbers, photos.size)

    return LabelMapSet(np.stack(list(in_threads(read, photos.names))), parts)


def map_file(data: Path, split: str, name: str) -> Path:
    """Find the map of a photo.

    Args:
        data: Folder that holds the folders of photos, and `labels/`.
        split: Name of the folder of photos.
        name: The photo's path below it.
    """
    return (data / LABELS / split / name).with_suffix(".png")


def read_part_map(path: Path) -> UInt8[np.ndarray, "height width"]:
    """Read a map of parts at its own size.

    Raises:
        DataError: It is missing or damaged.
    """
    if not path.is_file():
        raise DataError(f"There is no map of parts at {path}: each photo needs one.")
    try:
        return read_label_map(path)
    except ImageError as error:
        raise DataError(f"The map of parts {error}") from None


def middle_square(
    values: UInt8[np.ndarray, "height width"], size: int
) -> UInt8[np.ndarray, "size size"]:
    """Crop and resize like photos, without mixing numbers."""
    side = min(values.shape)
    top, left = ((length - side) // 2 for length in values.shape)
    positions = ((np.arange(size) + 0.5) * side / size).astype(np.int64)
    return values[np.ix_(top + positions, left + positions)]


def _refuse_unfit(
    path: Path, numbers: UInt8[np.ndarray, "height width"], photo: Path, parts: int
) -> None:
    """Let only maps pass that have their photo's shape and known numbers."""
    height, width = numbers.shape
    photo_height, photo_width = upright_size(photo)
    if height * photo_width != width * photo_height:
        raise DataError(
            f"The map of parts {path} has {width}x{height} pixels, but its photo "
            f"{photo_width}x{photo_height}: both need the same proportions."
        )
    if numbers.max() >= parts:
        raise DataError(
            f"The map of parts {path} holds the number {numbers.max()}, but {parts} parts are "
            f"named: numbers go from 0 to {parts - 1}."
        )
