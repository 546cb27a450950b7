"""Pictures in a zip archive."""

import os
import threading
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stylemapgan.data.sources.abstract import AbstractSource, length_problem, stamp
from stylemapgan.data.sources.naming import is_picture, tidy, unlike
from stylemapgan.errors import DataError

ENCRYPTED = 0x1
"""Flag of members that need a password."""
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)
"""What zipfile raises when a member cannot be unpacked."""


class ZipSource(AbstractSource):
    """The pictures in a zip archive, sorted by name as those of a folder are.

    Args:
        path: The archive.

    Raises:
        DataError: It is missing, no zip archive, encrypted, or holds no picture.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opening = threading.Lock()
        self._archive = _open(path)
        self._process = os.getpid()
        members = sorted(
            (member for member in self._archive.infolist() if is_picture(member.filename)),
            key=lambda member: tidy(member.filename),
        )
        if not members:
            raise DataError(f"The zip archive {path} holds no pictures.")
        for member in members:
            if member.flag_bits & ENCRYPTED:
                raise DataError(
                    f"The zip archive {path} is encrypted; unpack it and give the folder."
                )
        self._members = members
        self.names = unlike(tidy(member.filename) for member in members)

    def describe(self) -> str:
        return f"the zip archive {self.path}"

    def fingerprints(self, memory: Path) -> list[str]:
        return [stamp(self.path)] * len(self)

    def _load(self, index: int) -> bytes | str:
        member = self._members[index]
        problem = length_problem(member.file_size)
        if problem:
            return problem
        try:
            return self._archive_of_this_process().read(member)
        except DAMAGED as error:
            return f"is damaged: {error}."

    def _load_from(self, start: int) -> Iterator[bytes | str]:
        return map(self._load, range(start, len(self)))

    def _archive_of_this_process(self) -> zipfile.ZipFile:
        """Open the archive again after a fork: both sides would move one place in the file."""
        with self._opening:
            if self._process != os.getpid():
                self._archive = _open(self.path)
                self._process = os.getpid()
            return self._archive

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path,)


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise DataError(f"The zip archive {path} is damaged: {error}.") from None
    except OSError as error:
        raise DataError(f"The zip archive {path} cannot be read: {error.strerror}.") from None
