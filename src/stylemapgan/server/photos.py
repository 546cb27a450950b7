"""Uploaded photos: their bytes in a temporary folder on disk, a few of them unpacked in memory."""

import hashlib
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from stylemapgan.editing.photo import FullPhoto
from stylemapgan.images.decoding import opened
from stylemapgan.server.config import MB, ServerConfig
from stylemapgan.server.errors import ApiError, expired, unfit
from stylemapgan.server.response_schemas import PhotoAnswer
from stylemapgan.server.store import Store
from stylemapgan.server.upload_folder import UploadFolder, delete

logger = logging.getLogger(__name__)

ID_LETTERS = 32
MAX_NAME = 80
"""Letters of a file's name that are kept."""
ODD = re.compile(r"[^\w .()+-]+")
"""What kept names do not hold."""
MEMORY_SHARE = 0.4
"""How much of the memory unpacked photos may take."""
CHANNELS = 4


@dataclass(frozen=True, kw_only=True)
class KeptPhoto:
    """A photo in the store, and the file that is its own."""

    id: str
    width: int
    height: int
    name: str
    path: Path

    def answer(self) -> PhotoAnswer:
        """What clients are told."""
        return PhotoAnswer(id=self.id, width=self.width, height=self.height, name=self.name)


class Photos:
    """All photos of one server."""

    def __init__(
        self,
        settings: ServerConfig,
        uploaded: UploadFolder,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without photos.

        Args:
            settings: Limits.
            uploaded: Keeps their bytes.
            clock: Tells the time in seconds.
        """
        self._settings = settings
        self._uploaded = uploaded
        self.kept: Store[KeptPhoto] = Store(
            settings.disk_megabytes * MB,
            keep_seconds=60 * settings.keep_minutes,
            share=settings.client_share,
            clock=clock,
            on_forget=lambda photo: delete(photo.path),
        )
        self.unpacked: Store[FullPhoto] = Store(
            MEMORY_SHARE * settings.memory_megabytes * MB,
            keep_seconds=60 * settings.keep_minutes,
            clock=clock,
        )

    def add(self, content: bytes, name: str, client: str) -> KeptPhoto:
        """Keep a photo.

        Args:
            content: The file's bytes.
            name: What its file was called.
            client: Whose share it counts for.

        Raises:
            ImageError: It is no picture, or damaged.
            ApiError: It is too large or too small.
            StorageError: The disk is full, or writing is denied.
        """
        self._refuse_sizes(content)
        photo = FullPhoto.read(content)
        photo_id = hashlib.sha256(content).hexdigest()[:ID_LETTERS]
        path = self._uploaded.write(photo_id, content)
        kept = KeptPhoto(
            id=photo_id, width=photo.width, height=photo.height, name=_plain(name), path=path
        )
        if not self.kept.put(photo_id, kept, len(content), client):
            raise ApiError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "too_large",
                f"A photo of {len(content) / MB:.1f} MB is more than one client may store here.",
            )
        self._keep_unpacked(photo_id, photo)
        return kept

    def get(self, photo_id: str) -> KeptPhoto:
        """Find a photo.

        Raises:
            ApiError: There is none of that id, or not any more.
        """
        kept = self.kept.get(photo_id)
        if kept is None:
            raise self._expired(photo_id)
        return kept

    def read(self, photo_id: str) -> FullPhoto:
        """Unpack a photo, unless it is unpacked still.

        Raises:
            ApiError: There is none of that id, or not any more.
            ImageError: Its file was damaged.
        """
        kept = self.get(photo_id)
        photo = self.unpacked.get(photo_id)
        if photo is None:
            photo = FullPhoto.read(self._content(kept))
            self._keep_unpacked(photo_id, photo)
        return photo

    def _content(self, kept: KeptPhoto) -> bytes:
        """Read a photo's file or, where another upload took its place just now, that one's."""
        while True:
            try:
                return kept.path.read_bytes()
            except OSError as error:
                newest = self.kept.get(kept.id)
                if newest is None:
                    raise self._expired(kept.id) from None
                if newest is kept:
                    logger.warning("The file of photo %s is gone: %s", kept.id, error)
                    self.kept.forget(kept.id, only=kept)
                    raise self._expired(kept.id) from None
                kept = newest

    def _expired(self, photo_id: str) -> ApiError:
        return expired("photo", photo_id, self._settings.keep_minutes)

    def _keep_unpacked(self, photo_id: str, photo: FullPhoto) -> None:
        self.unpacked.put(photo_id, photo, photo.width * photo.height * CHANNELS)

    def _refuse_sizes(self, content: bytes) -> None:
        """Look at the file's head alone, before anything is unpacked."""
        with opened(content) as picture:
            width, height = picture.size
        most, least = self._settings.photo_megapixels, self._settings.photo_min_side
        if width * height > most * 10**6:
            raise unfit(
                "too_many_pixels",
                f"The picture has {width}x{height} pixels; at most {most:g} million are taken.",
            )
        if min(width, height) < least:
            raise unfit(
                "too_few_pixels",
                f"The picture has only {width}x{height} pixels; each side needs {least}.",
            )


def _plain(name: str) -> str:
    """Cut folders, control characters and excess off a file's name."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return ODD.sub("_", last).strip(" .")[:MAX_NAME] or "photo"
