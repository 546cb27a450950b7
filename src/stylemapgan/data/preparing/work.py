"""The work on one chunk of pictures: decode, look, encode."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from stylemapgan.data.decoding import decode
from stylemapgan.data.preparing.chunks import CHUNK, Chunk, chunk_path, write_chunk
from stylemapgan.data.preparing.config import Format
from stylemapgan.data.sources import AbstractSource, Record
from stylemapgan.images.decoding import opened

ENCODERS: dict[Format, tuple[str, dict[str, Any]]] = {
    "png": (".png", {"format": "PNG", "compress_level": 1}),
    "jpeg": (".jpg", {"format": "JPEG", "quality": 95, "subsampling": 0}),
    "webp": (".webp", {"format": "WEBP", "quality": 95}),
}
"""Suffix, and settings of Pillow. PNG at level 6 takes four times as long to be a fifth smaller."""
THUMBNAIL = (9, 8)
"""Width and height, as the hash of duplicates wants it."""


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """The work was given up because somebody asked for it."""


@dataclass(frozen=True)
class Work:
    """What all chunks have in common; can be sent to other processes."""

    source: AbstractSource
    size: int
    format: Format
    chunks: Path
    """Folder of finished chunks."""

    def do(self, number: int, should_stop: Callable[[], bool]) -> int:
        """Prepare a chunk.

        Args:
            number: Which one.
            should_stop: Asked before each picture.

        Returns:
            How many pictures it has.

        Raises:
            Stopped: It was asked to stop; of this chunk nothing is left.
        """
        indices = self._indices(number)
        chunk = Chunk(
            problems=[""] * len(indices),
            sizes=np.zeros((len(indices), 2), np.int64),
            thumbnails=np.zeros((len(indices), *THUMBNAIL[::-1], 3), np.uint8),
            total=np.zeros((self.size, self.size, 3), np.uint16),
        )
        contents: list[bytes] = []
        for place, index in enumerate(indices):
            if should_stop():
                raise Stopped
            contents.append(self._prepare(self.source.record(index), place, chunk))
        write_chunk(chunk_path(self.chunks, number), chunk, contents)
        return len(indices)

    def pictures_in(self, number: int) -> int:
        """Say how many pictures a chunk has."""
        return len(self._indices(number))

    def _indices(self, number: int) -> range:
        start = number * CHUNK
        return range(start, min(start + CHUNK, len(self.source)))

    def _prepare(self, record: Record, place: int, chunk: Chunk) -> bytes:
        """Enter a picture into its chunk, and encode it if it is of use."""
        pixels = decode(record, self.size)
        if isinstance(pixels, str):
            chunk.problems[place] = pixels
            return b""
        with opened(record.content) as picture:
            chunk.sizes[place] = picture.size
        prepared = Image.fromarray(pixels)
        chunk.thumbnails[place] = np.asarray(prepared.resize(THUMBNAIL, Image.Resampling.BOX))
        np.add(chunk.total, pixels, out=chunk.total)
        return encode(prepared, self.format)


def encode(picture: Image.Image, format: Format) -> bytes:  # noqa: A002 - the setting's name
    """Turn a picture into the bytes of a file."""
    buffer = BytesIO()
    picture.save(buffer, **ENCODERS[format][1])
    return buffer.getvalue()
