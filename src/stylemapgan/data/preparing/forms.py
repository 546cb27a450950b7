"""Output forms of prepared pictures: folders, zip archives and shards, with safe file names.

Each form writes the same bytes for the same pictures.
"""

import hashlib
import io
import json
import os
import re
import tarfile
import unicodedata
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from stylemapgan.data.preparing.prepare_config import Form, PrepareConfig
from stylemapgan.data.sources.webdataset import INDEX
from stylemapgan.images.formats import SUFFIXES

FILE_MODE = 0o644
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Time of every file in a zip archive: the earliest that the format allows."""
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\ud800-\udfff]')
"""Characters that some file system refuses, and bytes of names that are not text."""
LONGEST_COMPONENT = 100
"""Bytes of a folder's or file's name without suffix; file systems allow 255."""
LONGEST_NAME = 400
"""Bytes of a whole relative path."""


class AbstractForm(ABC):
    """Writes the parts of a data set below a folder."""

    def __init__(self, folder: Path, shard_pictures: int) -> None:
        self.folder = folder
        self.shard_pictures = shard_pictures

    @abstractmethod
    def add(self, part: str, name: str, content: bytes) -> None:
        """Write the next picture of a part.

        Args:
            part: `train`, `val` or `test`.
            name: File name with its suffix, unique in the part.
            content: The encoded picture.
        """

    @abstractmethod
    def close(self) -> None:
        """Finish all files."""


class FolderForm(AbstractForm):
    """A folder for each part."""

    def add(self, part: str, name: str, content: bytes) -> None:
        path = self.folder / part / name
        try:
            path.write_bytes(content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True)
            path.write_bytes(content)

    def close(self) -> None:
        """Do nothing: all files are finished."""


class ZipForm(AbstractForm):
    """A zip archive for each part, which stores the compressed pictures as they are."""

    def __init__(self, folder: Path, shard_pictures: int) -> None:
        super().__init__(folder, shard_pictures)
        self._archives: dict[str, zipfile.ZipFile] = {}

    def add(self, part: str, name: str, content: bytes) -> None:
        if part not in self._archives:
            self._archives[part] = zipfile.ZipFile(self.folder / f"{part}.zip", "w")
        member = zipfile.ZipInfo(name, EARLIEST)
        member.create_system = 3  # Unix, on any system
        member.external_attr = FILE_MODE << 16
        self._archives[part].writestr(member, content)

    def close(self) -> None:
        with ExitStack() as stack:  # closes all, even if one fails
            for archive in self._archives.values():
                stack.callback(_bring_to_disk, Path(str(archive.filename)))
                stack.callback(archive.close)


class ShardsForm(AbstractForm):
    """WebDataset shards for each part, and an index with their numbers of pictures."""

    def __init__(self, folder: Path, shard_pictures: int) -> None:
        super().__init__(folder, shard_pictures)
        self._open: dict[str, tarfile.TarFile] = {}
        self._counts: dict[str, int] = {}
        self._shards: dict[str, int] = {}

    def add(self, part: str, name: str, content: bytes) -> None:
        if part not in self._open:
            self._begin(part)
        member = tarfile.TarInfo(name)  # owner and time are 0
        member.size, member.mode = len(content), FILE_MODE
        archive = self._open[part]
        archive.addfile(member, io.BytesIO(content))
        archive.members.clear()  # pyright: ignore[reportAttributeAccessIssue] - it would keep all
        shard = Path(str(archive.name)).name
        self._counts[shard] += 1
        if self._counts[shard] == self.shard_pictures:
            self._finish(part)

    def close(self) -> None:
        for part in list(self._open):
            self._finish(part)
        index = json.dumps({"shards": dict(sorted(self._counts.items()))}, indent=1)
        (self.folder / INDEX).write_text(index, encoding="utf-8")

    def _begin(self, part: str) -> None:
        number = self._shards.get(part, 0)
        self._shards[part] = number + 1
        name = f"{part}-{number:06d}.tar"
        self._counts[name] = 0
        self._open[part] = tarfile.TarFile(self.folder / name, "w", format=tarfile.PAX_FORMAT)

    def _finish(self, part: str) -> None:
        archive = self._open.pop(part)
        archive.close()
        _bring_to_disk(Path(str(archive.name)))


FORMS: dict[Form, type[AbstractForm]] = {
    "folder": FolderForm,
    "zip": ZipForm,
    "shards": ShardsForm,
}


def new_form(folder: Path, config: PrepareConfig) -> AbstractForm:
    """Create the configured form, to write below a folder."""
    return FORMS[config.into](folder, config.shard_pictures)


def safe_names(names: Iterable[str], suffix: str) -> list[str]:
    """Give each picture a name with a suffix that every file system and archive accepts.

    All results differ, even where upper and lower case are the same. The last component has no
    other dot, because in a WebDataset shard a sample's name ends at the first.
    """
    names = list(names)
    wanted = [_safe(name) for name in names]
    taken = {_comparable(str(folder)) for name in wanted for folder in PurePosixPath(name).parents}
    different: list[str] = []
    for name, safe in zip(names, wanted, strict=True):
        is_free = _comparable(safe + suffix) not in taken
        different.append((safe if is_free else f"{safe}-{_digest(name)}") + suffix)
        taken.add(_comparable(different[-1]))
    return different


def _bring_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _safe(name: str) -> str:
    path = PurePosixPath(name)
    stem = path.stem if path.suffix.lower() in SUFFIXES else path.name
    folders = [_safe_component(part) for part in path.parent.parts if part != "/"]
    parts = [*folders, _safe_component(stem.replace(".", "_"))]
    safe = "/".join(parts)
    if len(safe.encode()) > LONGEST_NAME:
        return f"{parts[0]}/{_digest(name)}-{parts[-1]}"
    return safe


def _safe_component(component: str) -> str:
    safe = re.sub(r"^\.+|[. ]+$", "_", FORBIDDEN.sub("_", component))
    encoded = safe.encode()
    if len(encoded) <= LONGEST_COMPONENT:
        return safe
    return f"{encoded[: LONGEST_COMPONENT - 9].decode('utf-8', 'ignore')}-{_digest(component)}"


def _comparable(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
