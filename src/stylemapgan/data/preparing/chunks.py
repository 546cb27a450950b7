"""Prepared pictures on their way: finished chunks, each a file that appears whole or not at all."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8, UInt16

from stylemapgan.data.preparing.duplicates import Thumbnails
from stylemapgan.images.atomic import replacing

CHUNK = 64
"""Pictures in each: what a killed run loses at most, for each worker."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """What became of up to `CHUNK` pictures, one after another as in their source."""

    problems: list[str]
    """Why a picture is no use; empty if it is prepared."""
    sizes: Int64[np.ndarray, "pictures 2"]
    """Width and height before, in pixels; 0 where unknown."""
    thumbnails: Thumbnails
    """Black where there is no picture."""
    total: UInt16[np.ndarray, "size size 3"]
    """Sum of the prepared pictures; 64 times 255 fits."""


def chunk_count(pictures: int) -> int:
    """Say how many chunks so many pictures make."""
    return -(-pictures // CHUNK)


def chunk_path(folder: Path, number: int) -> Path:
    """Say where a chunk lies."""
    return folder / f"{number:08d}.npz"


def write_chunk(path: Path, chunk: Chunk, contents: list[bytes]) -> None:
    """Write what became of pictures, and the prepared pictures: encoded, empty where none."""
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
    """Read what became of pictures; the pictures themselves stay on the disk."""
    with np.load(path) as arrays:
        return Chunk(
            problems=json.loads(arrays["problems"].tobytes()),
            sizes=arrays["sizes"],
            thumbnails=arrays["thumbnails"],
            total=arrays["total"],
        )


def read_contents(path: Path) -> list[bytes]:
    """Read the prepared pictures of a chunk."""
    with np.load(path) as arrays:
        lengths, contents = arrays["lengths"], arrays["contents"].tobytes()
    ends = np.cumsum(lengths)
    return [contents[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def _bytes(content: bytes) -> UInt8[np.ndarray, "length"]:
    return np.frombuffer(content, np.uint8)
