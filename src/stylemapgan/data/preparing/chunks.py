"""Chunks of prepared pictures: how one is made, and its file, which appears complete or not at all.

Chunks let several processes share the work, and a killed run continue with what is finished.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8, UInt16
from PIL import Image

from stylemapgan.data.preparing.duplicates import Thumbnails
from stylemapgan.data.preparing.prepare_config import Format
from stylemapgan.data.sources import AbstractSource, Record, decode
from stylemapgan.data.worker_pool import Stopped
from stylemapgan.images.atomic import replacing
from stylemapgan.images.decoding import opened

CHUNK = 64
"""Pictures in a chunk; a killed run loses at most this many for each worker."""
ENCODERS: dict[Format, tuple[str, dict[str, Any]]] = {
    "png": (".png", {"format": "PNG", "compress_level": 1}),
    "jpeg": (".jpg", {"format": "JPEG", "quality": 95, "subsampling": 0}),
    "webp": (".webp", {"format": "WEBP", "quality": 95}),
}
"""Format → suffix and Pillow's options. PNG at level 6 takes four times as long and saves 20 %."""
THUMBNAIL = (9, 8)
"""Width and height, as the hash of duplicates needs them."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """What was found out about up to `CHUNK` consecutive pictures of the source."""

    problems: list[str]
    """Why a picture cannot be used; empty if it is prepared."""
    sizes: Int64[np.ndarray, "pictures 2"]
    """Width and height before, in pixels; 0 where unknown."""
    thumbnails: Thumbnails
    """Black where a picture cannot be used."""
    total: UInt16[np.ndarray, "size size 3"]
    """Sum of the prepared pictures; 64 times 255 fits."""


@dataclass(frozen=True)
class ChunkMaker:
    """Makes chunks; can be sent to other processes."""

    source: AbstractSource
    size: int
    format: Format
    folder: Path
    """Where finished chunks are stored."""

    def make(self, number: int, should_stop: Callable[[], bool]) -> int:
        """Prepare the pictures of a chunk and write it.

        Args:
            number: Which chunk.
            should_stop: Called before each picture.

        Returns:
            How many pictures the chunk has.

        Raises:
            Stopped: `should_stop` returned true; nothing of the chunk is written.
        """
        indices = self._indices(number)
        chunk = Chunk(
            problems=[""] * len(indices),
            sizes=np.zeros((len(indices), 2), np.int64),
            thumbnails=np.zeros((len(indices), *THUMBNAIL[::-1], 3), np.uint8),
            total=np.zeros((self.size, self.size, 3), np.uint16),
        )
        contents: list[bytes] = []
        for row, index in enumerate(indices):
            if should_stop():
                raise Stopped
            contents.append(self._prepare(self.source.record(index), row, chunk))
        write_chunk(chunk_path(self.folder, number), chunk, contents)
        return len(indices)

    def pictures_in(self, number: int) -> int:
        """Return how many pictures a chunk has."""
        return len(self._indices(number))

    def _indices(self, number: int) -> range:
        start = number * CHUNK
        return range(start, min(start + CHUNK, len(self.source)))

    def _prepare(self, record: Record, row: int, chunk: Chunk) -> bytes:
        """Enter a picture into its chunk, and encode it if it can be used."""
        pixels = decode(record, self.size)
        if isinstance(pixels, str):
            chunk.problems[row] = pixels
            return b""
        with opened(record.content) as picture:
            chunk.sizes[row] = picture.size
        prepared = Image.fromarray(pixels)
        chunk.thumbnails[row] = np.asarray(prepared.resize(THUMBNAIL, Image.Resampling.BOX))
        np.add(chunk.total, pixels, out=chunk.total)
        encoded = BytesIO()
        prepared.save(encoded, **ENCODERS[self.format][1])
        return encoded.getvalue()


def chunk_count(pictures: int) -> int:
    """Return how many chunks this many pictures make."""
    return -(-pictures // CHUNK)


def chunk_path(folder: Path, number: int) -> Path:
    """Return the path of a chunk's file."""
    return folder / f"{number:08d}.npz"


def write_chunk(path: Path, chunk: Chunk, contents: list[bytes]) -> None:
    """Write a chunk and its encoded pictures, which are empty where they cannot be used."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            problems=_bytes(json.dumps(chunk.problems).encode()),
            sizes=chunk.sizes,
            thumbnails=chunk.thumbnails,
            total=chunk.total,
            lengths=np.array([len(content) for content in contents]),
            contents=_bytes(b"".join(contents)),
        )


def read_chunk(path: Path) -> Chunk:
    """Read a chunk without its pictures."""
    with np.load(path) as arrays:
        return Chunk(
            problems=json.loads(arrays["problems"].tobytes()),
            sizes=arrays["sizes"],
            thumbnails=arrays["thumbnails"],
            total=arrays["total"],
        )


def read_contents(path: Path) -> list[bytes]:
    """Read the encoded pictures of a chunk."""
    with np.load(path) as arrays:
        lengths, contents = arrays["lengths"], arrays["contents"].tobytes()
    ends = np.cumsum(lengths)
    return [contents[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def _bytes(content: bytes) -> UInt8[np.ndarray, "length"]:
    return np.frombuffer(content, np.uint8)
