"""Whatever holds pictures, opened by what it is."""

from pathlib import Path

from stylemapgan.data.photo_folder import find_pictures
from stylemapgan.data.sources.abstract import AbstractSource
from stylemapgan.data.sources.folder_source import FolderSource
from stylemapgan.data.sources.lmdb import DATA_FILE, LmdbSource
from stylemapgan.data.sources.locations import is_pattern
from stylemapgan.data.sources.remote import is_remote
from stylemapgan.data.sources.tar import TarSource
from stylemapgan.data.sources.webdataset import ShardSource
from stylemapgan.data.sources.zip import ZipSource
from stylemapgan.errors import DataError

KNOWN = "a folder, a .zip, a .tar, an LMDB folder, or shards such as photos-{000..012}.tar"


def open_source(place: str | Path) -> AbstractSource:
    """Open pictures wherever they are.

    Args:
        place: A folder of pictures, or of shards alone; a .zip or .tar archive; an LMDB folder;
            shards as a list, range or glob, or as addresses (`https://`, `s3://`).

    Raises:
        DataError: There is nothing of the kind, it is damaged, or it holds no picture.
        MissingExtraError: A package that it needs is not installed.
    """
    path = Path(place)
    if is_remote(str(place)):
        return ShardSource(str(place))
    if path.is_dir():
        return _open_folder(path)
    if path.exists():
        return _open_file(path)
    if is_pattern(str(place)):
        return ShardSource(str(place))
    raise DataError(f"{place} does not exist; give {KNOWN}.")


def _open_folder(folder: Path) -> AbstractSource:
    if (folder / DATA_FILE).is_file():
        return LmdbSource(folder)
    shards = sorted(map(str, folder.glob("*.tar")))
    if shards and not find_pictures(folder):
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
    raise DataError(f"{path} holds no pictures that can be read; give {KNOWN}.")
