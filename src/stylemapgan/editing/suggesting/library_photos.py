"""The photos behind a library: stylemaps alone show only what the model makes of them."""

import hashlib
from pathlib import Path

from stylemapgan.data.sources import open_source
from stylemapgan.editing.photo import CroppedPhoto, FullPhoto
from stylemapgan.editing.suggesting.library import LibraryPhoto
from stylemapgan.errors import DataError


class LibraryPhotos:
    """Reads photos of the source that a library was encoded from."""

    def __init__(self, location: str | Path) -> None:
        """Open the source; photos are read when they are asked for.

        Args:
            location: What `stylemapgan encode` was given as SOURCE.

        Raises:
            DataError: It does not exist, or holds no pictures.
            MissingExtraError: A package that it needs is not installed.
        """
        self._source = open_source(location)
        names = (name.encode("utf-8", "backslashreplace").decode() for name in self._source.names)
        self._indices = {name: index for index, name in enumerate(names)}

    def content(self, photo: LibraryPhoto) -> bytes:
        """Read a photo's file.

        Raises:
            DataError: It is missing, or has changed since it was encoded.
        """
        index = self._indices.get(photo.name)
        content = b"" if index is None else self._source.record(index).content
        if hashlib.sha256(content).digest() != photo.sha256:
            what = "is not in" if index is None else "has changed since it was encoded, in"
            raise DataError(
                f"{photo.name} {what} {self._source.describe()}: give the photos that were encoded."
            )
        return content

    def read(self, photo: LibraryPhoto) -> CroppedPhoto:
        """Read a photo, with the square of it that was encoded.

        Raises:
            DataError: It is missing, or has changed since it was encoded.
        """
        return CroppedPhoto(photo=FullPhoto.read(self.content(photo)), square=photo.square)
