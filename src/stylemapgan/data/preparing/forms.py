"""The forms prepared pictures take: each writes the same bytes for the same pictures."""

import io
import json
import os
import tarfile
import zipfile
from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path

from stylemapgan.data.preparing.config import Form, PrepareConfig
from stylemapgan.data.shard_counts import INDEX

FILE_MODE = 0o644
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip archive, which knows none before."""


class AbstractForm(ABC):
    """Writes the pictures of the parts of a data set below a folder."""

    def __init__(self, folder: Path, shard_pictures: int) -> None:
        self.folder = folder
        self.shard_pictures = shard_pictures

    @abstractmethod
    def add(self, part: str, name: str, content: bytes) -> None:
        """Write the next picture of a part.

        Args:
            part: `train`, `val` or `test`.
            name: With its suffix; unlike any other in the part.
            content: Encoded.
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
        """Do nothing: each file is finished."""


class ZipForm(AbstractForm):
    """A zip archive for each part; pictures are compressed already, so they are stored as is."""

    def __init__(self, folder: Path, shard_pictures: int) -> None:
        super().__init__(folder, shard_pictures)
        self._archives: dict[str, zipfile.ZipFile] = {}

    def add(self, part: str, name: str, content: bytes) -> None:
        if part not in self._archives:
            self._archives[part] = zipfile.ZipFile(self.folder / f"{part}.zip", "w")
        member = zipfile.ZipInfo(name, EARLIEST)
        member.create_system = 3  # Unix, on whatever system it is made
        member.external_attr = FILE_MODE << 16
        self._archives[part].writestr(member, content)

    def close(self) -> None:
        with ExitStack() as stack:  # all are closed, also where one cannot be finished
            for archive in self._archives.values():
                stack.callback(_bring_to_disk, Path(str(archive.filename)))
                stack.callback(archive.close)


class ShardsForm(AbstractForm):
    """WebDataset shards for each part, and an index that counts their pictures."""

    def __init__(self, folder: Path, shard_pictures: int) -> None:
        super().__init__(folder, shard_pictures)
        self._open: dict[str, tarfile.TarFile] = {}
        self._counts: dict[str, int] = {}
        self._shards: dict[str, int] = {}

    def add(self, part: str, name: str, content: bytes) -> None:
        if part not in self._open:
            self._begin(part)
        member = tarfile.TarInfo(name)  # owner and time stay 0
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


def new_form(folder: Path, settings: PrepareConfig) -> AbstractForm:
    """Begin to write below a folder, in the form that the settings ask for."""
    return FORMS[settings.into](folder, settings.shard_pictures)


def _bring_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
