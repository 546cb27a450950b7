"""Uploaded photos: their files in a temporary folder, a few of them decoded in memory."""

import hashlib
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from stylemapgan.editing.photo import FullPhoto, Square
from stylemapgan.images.decoding import opened
from stylemapgan.server.api_errors import ApiError, expired, invalid
from stylemapgan.server.expiring_store import ExpiringStore
from stylemapgan.server.response_schemas import PhotoResponse
from stylemapgan.server.server_config import MB, ServerConfig
from stylemapgan.server.upload_folder import UploadFolder, delete

logger = logging.getLogger(__name__)

ID_LENGTH = 32
MAX_NAME_LENGTH = 80
"""Characters of a file's name that are kept."""
UNSAFE = re.compile(r"[^\w .()+-]+")
"""Characters that are replaced in file names."""
MEMORY_SHARE = 0.4
"""Share of the memory for decoded photos."""
CHANNELS = 4


@dataclass(frozen=True, kw_only=True)
class StoredPhoto:
    """A photo in the store, and its file."""

    id: str
    width: int
    height: int
    name: str
    path: Path
    sha256: bytes
    """Hash of its file; the id is the beginning of it."""
    square: Square | None = None
    """The square that a model sees, where it is known from the start; see samples.toml."""

    def response(self) -> PhotoResponse:
        """Describe it to clients."""
        return PhotoResponse(id=self.id, width=self.width, height=self.height, name=self.name)


class PhotoStore:
    """All photos of one server."""

    def __init__(
        self,
        config: ServerConfig,
        folder: UploadFolder,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start empty.

        Args:
            config: Limits.
            folder: Where to write the files.
            clock: Returns the time in seconds.
        """
        self._config = config
        self._folder = folder
        self.files: ExpiringStore[StoredPhoto] = ExpiringStore(
            config.disk_megabytes * MB,
            keep_seconds=60 * config.keep_minutes,
            share=config.client_share,
            clock=clock,
            on_forget=lambda photo: delete(photo.path),
        )
        self.decoded: ExpiringStore[FullPhoto] = ExpiringStore(
            MEMORY_SHARE * config.memory_megabytes * MB,
            keep_seconds=60 * config.keep_minutes,
            clock=clock,
        )

    def add(
        self, content: bytes, name: str, client: str, square: Square | None = None
    ) -> StoredPhoto:
        """Store a photo.

        Args:
            content: The file's bytes.
            name: Name of the user's file.
            client: Client whose share it counts against.
            square: The square that a model sees, if it is known.

        Raises:
            ImageError: The bytes are not a readable picture.
            ApiError: It is too large or too small.
            StorageError: The disk is full, or writing is denied.
        """
        self._check_size(content)
        photo = FullPhoto.read(content)
        sha256 = hashlib.sha256(content)
        photo_id = sha256.hexdigest()[:ID_LENGTH]
        path = self._folder.write(photo_id, content)
        stored = StoredPhoto(
            id=photo_id,
            width=photo.width,
            height=photo.height,
            name=_safe_name(name),
            path=path,
            sha256=sha256.digest(),
            square=square,
        )
        if not self.files.put(photo_id, stored, len(content), client):
            raise ApiError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "too_large",
                f"The photo has {len(content) / MB:.1f} MB, more than one client may store on this "
                "server; upload a smaller one.",
            )
        self._cache_decoded(photo_id, photo)
        return stored

    def get(self, photo_id: str) -> StoredPhoto:
        """Find a photo.

        Raises:
            ApiError: The id is unknown or has expired.
        """
        stored = self.files.get(photo_id)
        if stored is None:
            raise self._expired(photo_id)
        return stored

    def read(self, photo_id: str) -> FullPhoto:
        """Decode a photo, or take it from memory.

        Raises:
            ApiError: The id is unknown or has expired.
            ImageError: Its file was damaged.
        """
        stored = self.get(photo_id)
        photo = self.decoded.get(photo_id)
        if photo is None:
            photo = FullPhoto.read(self._content(stored))
            self._cache_decoded(photo_id, photo)
        return photo

    def _content(self, photo: StoredPhoto) -> bytes:
        """Read a photo's file or, if a new upload has just replaced it, the new file."""
        while True:
            try:
                return photo.path.read_bytes()
            except OSError as error:
                newest = self.files.get(photo.id)
                if newest is None:
                    raise self._expired(photo.id) from None
                if newest is photo:
                    logger.warning("Cannot read the file of photo %s: %s", photo.id, error)
                    self.files.forget(photo.id, only=photo)
                    raise self._expired(photo.id) from None
                photo = newest

    def _expired(self, photo_id: str) -> ApiError:
        return expired("photo", photo_id, self._config.keep_minutes)

    def _cache_decoded(self, photo_id: str, photo: FullPhoto) -> None:
        self.decoded.put(photo_id, photo, photo.width * photo.height * CHANNELS)

    def _check_size(self, content: bytes) -> None:
        """Check width and height from the file's header, before decoding."""
        with opened(content) as picture:
            width, height = picture.size
        most, least = self._config.photo_megapixels, self._config.photo_min_side
        if width * height > most * 10**6:
            raise invalid(
                "too_many_pixels",
                f"The picture has {width}x{height} pixels; the limit is "
                f"{most:g} million. Shrink it.",
            )
        if min(width, height) < least:
            raise invalid(
                "too_few_pixels",
                f"The picture has only {width}x{height} pixels; each side needs at least {least}.",
            )


def _safe_name(name: str) -> str:
    """Remove folders, unusual characters and excess length from a file name."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return UNSAFE.sub("_", last).strip(" .")[:MAX_NAME_LENGTH] or "photo"
