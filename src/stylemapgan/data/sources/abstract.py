"""Where pictures come from: encoded, named, in an order that never changes."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stylemapgan.errors import DataError, ImageError
from stylemapgan.images.decoding import reason_of, refuse_length


@dataclass(frozen=True)
class Record:
    """One picture as it lies in its source: still encoded."""

    name: str
    """Unlike any other in the source; forward slashes between folders."""
    content: bytes
    """A JPEG, PNG or the like; empty if it cannot be read."""
    problem: str = ""
    """Why it cannot be read; completes a sentence that begins with the name."""


class AbstractSource(ABC):
    """Encoded pictures in a fixed order.

    A source may be used from several threads, and sent to other processes; it opens what it
    needs when it needs it. Which files are good pictures is found out by decoding, not here.
    """

    names: tuple[str, ...]
    """One for each picture, all different."""

    def __len__(self) -> int:
        return len(self.names)

    def read(self, index: int) -> bytes:
        """Read one picture.

        Raises:
            DataError: It cannot be read.
        """
        record = self.record(index)
        if record.problem:
            raise DataError(f"{record.name} in {self.describe()} {record.problem}")
        return record.content

    def record(self, index: int) -> Record:
        """Read one picture, or say why it cannot be read."""
        return _record(self.names[index], self._load(index))

    def records(self, start: int = 0) -> Iterator[Record]:
        """Read pictures one after another, as they are asked for.

        Args:
            start: Index of the first.
        """
        for name, content in zip(self.names[start:], self._load_from(start), strict=True):
            yield _record(name, content)

    @abstractmethod
    def describe(self) -> str:
        """Name the source, as a message would: `the zip archive photos.zip`."""

    @abstractmethod
    def fingerprints(self, memory: Path) -> list[str]:
        """Give each picture a text that changes when its content may have changed.

        Args:
            memory: A folder where what was found out is kept for the next time.
        """

    @abstractmethod
    def _load(self, index: int) -> bytes | str:
        """Read one picture's bytes, or the reason why there are none."""

    @abstractmethod
    def _load_from(self, start: int) -> Iterator[bytes | str]:
        """Do as `_load` for one picture after another, in the way that suits the source."""


def stamp(path: Path) -> str:
    """Make a text that changes when a file does."""
    status = path.stat()
    return f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"


def length_problem(length: int) -> str:
    """Say why a file of so many bytes is no picture; nothing if it may be one."""
    try:
        refuse_length(length)
    except ImageError as error:
        return reason_of(error)
    return ""


def _record(name: str, content: bytes | str) -> Record:
    if isinstance(content, str):
        return Record(name, b"", content)
    problem = length_problem(len(content))
    return Record(name, b"" if problem else content, problem)
