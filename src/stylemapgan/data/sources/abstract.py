"""Sources of pictures: encoded, named, in a fixed order."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from stylemapgan.errors import ImageError
from stylemapgan.images import read_pixels
from stylemapgan.images.decoding import reason_of, refuse_length

SMALLEST_SIDE = 8
"""Pictures with fewer pixels along a side are skipped at any size."""


@dataclass(frozen=True)
class Record:
    """One picture of a source, still encoded."""

    name: str
    """Unique in the source; with forward slashes between folders."""
    content: bytes
    """A JPEG, PNG or the like; empty if it cannot be read."""
    problem: str = ""
    """Why it cannot be read; continues a sentence that begins with the name."""


class AbstractSource(ABC):
    """Encoded pictures in a fixed order.

    A source may be used from several threads and sent to other processes; it opens files when it
    needs them. Only `decode` finds out which files are valid pictures.
    """

    names: tuple[str, ...]
    """One for each picture, all different."""

    def __len__(self) -> int:
        return len(self.names)

    def record(self, index: int) -> Record:
        """Read one picture, or report why it cannot be read."""
        name, content = self.names[index], self._load(index)
        if isinstance(content, str):
            return Record(name, b"", content)
        problem = length_problem(len(content))
        return Record(name, b"" if problem else content, problem)

    @abstractmethod
    def describe(self) -> str:
        """Name the source as in a message: `the zip archive photos.zip`."""

    @abstractmethod
    def fingerprints(self, memory: Path) -> list[str]:
        """Give each picture a text that changes when its content may have changed.

        Args:
            memory: Folder where the source may keep what it computed for the next call.
        """

    @abstractmethod
    def _load(self, index: int) -> bytes | str:
        """Read one picture's bytes, or return the reason why that fails."""


def decode(record: Record, size: int) -> UInt8[np.ndarray, "size size 3"] | str:
    """Cut out the middle square of a picture and resize it, or explain why that fails.

    Damaged files are rejected, pictures too large to decode safely, and pictures shorter along a
    side than half of `size`, because enlarging them would train the model on blur.

    Args:
        record: An encoded picture.
        size: Height and width of the result, in pixels.

    Returns:
        The pixels, or the reason, which continues a sentence that begins with the name.
    """
    if record.problem:
        return record.problem
    try:
        return read_pixels(record.content, size, min_side=max(SMALLEST_SIDE, (size + 1) // 2))
    except ImageError as error:
        return reason_of(error)


def file_stamp(path: Path) -> str:
    """Describe a file's path, length and time, which change when the file does."""
    status = path.stat()
    return f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"


def length_problem(length: int) -> str:
    """Explain why a file of this length cannot be a picture; empty if it can."""
    try:
        refuse_length(length)
    except ImageError as error:
        return reason_of(error)
    return ""
