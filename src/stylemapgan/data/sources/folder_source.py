"""Pictures that are files below a folder."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from stylemapgan.data.photo_folder import SUFFIXES, content_hashes, find_pictures
from stylemapgan.data.sources.abstract import AbstractSource
from stylemapgan.errors import DataError, ImageError
from stylemapgan.images.decoding import file_bytes, reason_of


class FolderSource(AbstractSource):
    """The pictures below a folder, sorted by their relative paths.

    Args:
        folder: Searched as `find_pictures` says.

    Raises:
        DataError: It is no folder, or holds no picture.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DataError(f"{folder} is no folder; give one with pictures in it.")
        self.folder = folder
        self.names = tuple(find_pictures(folder))
        if not self.names:
            raise DataError(f"{folder} holds no pictures ({', '.join(sorted(SUFFIXES))}).")

    def describe(self) -> str:
        return f"the folder {self.folder}"

    def fingerprints(self, memory: Path) -> list[str]:
        place = hashlib.sha256(bytes(self.folder.resolve())).hexdigest()[:16]
        return content_hashes(self.folder, self.names, memory / f"index-{place}.json")

    def _load(self, index: int) -> bytes | str:
        path = self.folder / self.names[index]
        try:
            return file_bytes(path)
        except ImageError as error:
            return reason_of(error, str(path))

    def _load_from(self, start: int) -> Iterator[bytes | str]:
        return map(self._load, range(start, len(self)))
