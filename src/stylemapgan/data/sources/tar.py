"""Pictures in a tar archive, read in place: nothing is ever extracted to the disk."""

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from stylemapgan.data.sources.abstract import AbstractSource, length_problem, stamp
from stylemapgan.data.sources.naming import is_picture, tidy, unlike
from stylemapgan.errors import DataError

COMPRESSED = ("\x1f\x8b", "BZh", "\xfd7zXZ", "(\xb5/\xfd")
"""How files begin that gzip, bzip2, xz and zstd made."""

CUT_SHORT = "is cut short: the archive ends within it."


@dataclass(frozen=True, slots=True)
class Member:
    """Where in a tar archive a picture lies."""

    name: str
    offset: int
    """Of the content's first byte."""
    length: int
    """Of the content, in bytes."""


class TarSource(AbstractSource):
    """The pictures in an uncompressed tar archive on this machine, in the archive's order.

    Args:
        path: The archive.

    Raises:
        DataError: It is missing, damaged, compressed, or holds no picture.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                self._members = list(members(file, str(path), is_picture))
        except OSError as error:
            raise DataError(f"The tar archive {path} cannot be read: {error.strerror}.") from None
        if not self._members:
            raise DataError(f"The tar archive {path} holds no pictures.")
        self.names = unlike(member.name for member in self._members)

    def describe(self) -> str:
        return f"the tar archive {self.path}"

    def fingerprints(self, memory: Path) -> list[str]:
        return [stamp(self.path)] * len(self)

    def _load(self, index: int) -> bytes | str:
        try:
            with self.path.open("rb") as file:
                return content(file, self._members[index])
        except OSError as error:
            return f"cannot be read: {error.strerror}."

    def _load_from(self, start: int) -> Iterator[bytes | str]:
        return map(self._load, range(start, len(self)))


def members(file: BufferedReader, name: str, is_wanted: Callable[[str], bool]) -> Iterator[Member]:
    """Walk through the headers of a tar archive, one at a time.

    Between two steps the file may be read from anywhere.

    Args:
        file: The archive, uncompressed; can seek.
        name: What messages call it.
        is_wanted: Decides by the name which members count.

    Raises:
        DataError: The archive is damaged, compressed or cannot be read.
    """
    try:
        with tarfile.open(fileobj=file, mode="r:", tarinfo=_StrictHeader) as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # pyright: ignore[reportAttributeAccessIssue] - it would keep all
                if member.isreg() and not member.issparse() and is_wanted(member.name):
                    yield Member(tidy(member.name), member.offset_data, member.size)
    except tarfile.TarError as error:
        file.seek(0)
        if file.read(4).decode("latin-1").startswith(COMPRESSED):
            raise DataError(f"The tar archive {name} is compressed; unpack it first.") from None
        raise DataError(f"The tar archive {name} is damaged: {error}.") from None
    except OSError as error:
        raise DataError(f"The tar archive {name} cannot be read: {error.strerror}.") from None


def content(file: BufferedReader, member: Member) -> bytes | str:
    """Read a member's content, or say why that fails."""
    problem = length_problem(member.length)
    if problem:
        return problem
    try:
        file.seek(member.offset)
        found = file.read(member.length)
    except OSError as error:
        return f"cannot be read: {error.strerror}."
    return found if len(found) == member.length else CUT_SHORT


class _StrictHeader(tarfile.TarInfo):
    """A header that is never mistaken for the archive's end.

    By itself tarfile ends silently at a damaged header, unless it is the first.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_StrictHeader":
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if any(buf):  # an end is a block of zeros, or nothing
                raise tarfile.ReadError(str(error)) from None
            raise
