"""Pictures in tar and zip archives, read in place without extracting them."""

import os
import tarfile
import threading
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Any

from stylemapgan.data.sources.abstract import AbstractSource, file_stamp, length_problem
from stylemapgan.errors import DataError
from stylemapgan.images.formats import SUFFIXES

COMPRESSED = ("\x1f\x8b", "BZh", "\xfd7zXZ", "(\xb5/\xfd")
"""First bytes of files that gzip, bzip2, xz and zstd made."""
CUT_SHORT = "is cut short: the archive ends within it."
ENCRYPTED = 0x1
"""Flag of zip members that need a password."""
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)
"""What zipfile raises when a member cannot be unpacked."""
RESOURCE_FORKS = "__MACOSX"
"""Folder where macOS puts files that have names of pictures but are not pictures."""


@dataclass(frozen=True, slots=True)
class TarMember:
    """Position of a picture in a tar archive."""

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
        DataError: It is missing, damaged, compressed, or holds no pictures.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                self._members = list(tar_members(file, str(path), is_picture))
        except OSError as error:
            raise DataError(f"The tar archive {path} cannot be read: {error.strerror}.") from None
        if not self._members:
            raise DataError(f"The tar archive {path} holds no pictures.")
        self.names = numbered(member.name for member in self._members)

    def describe(self) -> str:
        return f"the tar archive {self.path}"

    def fingerprints(self, memory: Path) -> list[str]:
        return [file_stamp(self.path)] * len(self)

    def _load(self, index: int) -> bytes | str:
        try:
            with self.path.open("rb") as file:
                return tar_content(file, self._members[index])
        except OSError as error:
            return f"cannot be read: {error.strerror}."


class ZipSource(AbstractSource):
    """The pictures in a zip archive, sorted by name like those of a folder.

    Args:
        path: The archive.

    Raises:
        DataError: It is missing, not a zip archive, encrypted, or holds no pictures.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opening = threading.Lock()
        self._archive = _open_zip(path)
        self._process = os.getpid()
        members = sorted(
            (member for member in self._archive.infolist() if is_picture(member.filename)),
            key=lambda member: _tidy(member.filename),
        )
        if not members:
            raise DataError(f"The zip archive {path} holds no pictures.")
        if any(member.flag_bits & ENCRYPTED for member in members):
            raise DataError(f"The zip archive {path} is encrypted; unpack it and give the folder.")
        self._members = members
        self.names = numbered(_tidy(member.filename) for member in members)

    def describe(self) -> str:
        return f"the zip archive {self.path}"

    def fingerprints(self, memory: Path) -> list[str]:
        return [file_stamp(self.path)] * len(self)

    def _load(self, index: int) -> bytes | str:
        member = self._members[index]
        problem = length_problem(member.file_size)
        if problem:
            return problem
        try:
            return self._archive_of_this_process().read(member)
        except DAMAGED as error:
            return f"is damaged: {error}."

    def _archive_of_this_process(self) -> zipfile.ZipFile:
        """Reopen the archive after a fork: parent and child would share one file position."""
        with self._opening:
            if self._process != os.getpid():
                self._archive = _open_zip(self.path)
                self._process = os.getpid()
            return self._archive

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path,)


def tar_members(
    file: BufferedReader, name: str, is_wanted: Callable[[str], bool]
) -> Iterator[TarMember]:
    """Read the headers of a tar archive one at a time.

    The caller may move the file's position between two steps.

    Args:
        file: The archive, uncompressed and seekable.
        name: What messages call it.
        is_wanted: Selects members by name.

    Raises:
        DataError: The archive is damaged, compressed or cannot be read.
    """
    try:
        with tarfile.open(fileobj=file, mode="r:", tarinfo=_StrictHeader) as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # pyright: ignore[reportAttributeAccessIssue] - it would keep all
                if member.isreg() and not member.issparse() and is_wanted(member.name):
                    yield TarMember(_tidy(member.name), member.offset_data, member.size)
    except tarfile.TarError as error:
        file.seek(0)
        if file.read(4).decode("latin-1").startswith(COMPRESSED):
            raise DataError(f"The tar archive {name} is compressed; unpack it first.") from None
        raise DataError(f"The tar archive {name} is damaged: {error}.") from None
    except OSError as error:
        raise DataError(f"The tar archive {name} cannot be read: {error.strerror}.") from None


def tar_content(file: BufferedReader, member: TarMember) -> bytes | str:
    """Read a member's content, or return the reason why that fails."""
    problem = length_problem(member.length)
    if problem:
        return problem
    try:
        file.seek(member.offset)
        found = file.read(member.length)
    except OSError as error:
        return f"cannot be read: {error.strerror}."
    return found if len(found) == member.length else CUT_SHORT


def is_picture(member: str) -> bool:
    """Whether a member of an archive is a picture and not hidden."""
    path = PurePosixPath(member)
    return path.suffix.lower() in SUFFIXES and not _is_hidden(path)


def is_picture_of_sample(member: str) -> bool:
    """Whether a member of a WebDataset shard is its sample's picture.

    A sample's name ends at the first dot; the rest says what the member is: `a/17.jpg` is the
    picture of sample `a/17`, and `a/17.mask.png` something else that belongs to it.
    """
    path = PurePosixPath(member)
    _, dot, kind = path.name.partition(".")
    return dot + kind.lower() in SUFFIXES and not _is_hidden(path)


def numbered(names: Iterable[str]) -> tuple[str, ...]:
    """Number repeated names, since archives may hold several files of one name."""
    seen: Counter[str] = Counter()
    different: list[str] = []
    for name in names:
        seen[name] += 1
        different.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(different)


class _StrictHeader(tarfile.TarInfo):
    """A header that is never mistaken for the archive's end.

    Without it, tarfile stops silently at a damaged header, except at the first.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_StrictHeader":
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if any(buf):  # the archive's end is a block of zeros, or nothing
                raise tarfile.ReadError(str(error)) from None
            raise


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise DataError(f"The zip archive {path} is damaged: {error}.") from None
    except OSError as error:
        raise DataError(f"The zip archive {path} cannot be read: {error.strerror}.") from None


def _tidy(member: str) -> str:
    """Normalise a path: `./a//b.png` becomes `a/b.png`."""
    return PurePosixPath(member).as_posix()


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part.startswith(".") or part == RESOURCE_FORKS for part in path.parts)
