"""Sources of encoded pictures: folders, archives, LMDB data sets and WebDataset shards."""

from pathlib import Path

from stylemapgan.data.sources.abstract import AbstractSource, Record, decode
from stylemapgan.data.sources.archives import TarSource, ZipSource
from stylemapgan.data.sources.folder_source import FolderSource, find_files
from stylemapgan.data.sources.lmdb import DATA_FILE, LmdbSource
from stylemapgan.data.sources.locations import is_pattern
from stylemapgan.data.sources.remote import is_remote
from stylemapgan.data.sources.webdataset import ShardSource
from stylemapgan.errors import DataError
from stylemapgan.images.formats import SUFFIXES

__all__ = [
    "AbstractSource",
    "FolderSource",
    "LmdbSource",
    "Record",
    "ShardSource",
    "TarSource",
    "ZipSource",
    "decode",
    "open_source",
]

KNOWN = "a folder, a .zip, a .tar, an LMDB folder, or shards such as photos-{000..012}.tar"


def open_source(location: str | Path) -> AbstractSource:
    """Open pictures, wherever they are.

    Args:
        location: A folder of pictures or of shards; a .zip or .tar archive; an LMDB folder; shards
            as a list, range or glob, or as addresses (`https://`, `s3://`).

    Raises:
        DataError: It does not exist, is of another kind, damaged, or holds no pictures.
        MissingExtraError: A package that it needs is not installed.
    """
    path = Path(location)
    if is_remote(str(location)):
        return ShardSource(str(location))
    if path.is_dir():
        return _open_folder(path)
    if path.exists():
        return _open_file(path)
    if is_pattern(str(location)):
        return ShardSource(str(location))
    raise DataError(f"{location} does not exist; give {KNOWN}.")


def _open_folder(folder: Path) -> AbstractSource:
    if (folder / DATA_FILE).is_file():
        return LmdbSource(folder)
    shards = sorted(map(str, folder.glob("*.tar")))
    if shards and not find_files(folder, SUFFIXES):
        return ShardSource(shards)
    return FolderSource(folder)


def _open_file(path: Path) -> AbstractSource:
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return ZipSource(path)
    if suffix == ".tar":
        return TarSource(path)
    if path.name == DATA_FILE:
        return LmdbSource(path.parent)
    raise DataError(f"{path} is not a supported source of pictures; give {KNOWN}.")
