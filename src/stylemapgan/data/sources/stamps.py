"""Whether the pictures of a source are still those that earlier work began with."""

import hashlib
from pathlib import Path

from stylemapgan.data.sources.abstract import AbstractSource
from stylemapgan.data.sources.folder_source import FolderSource
from stylemapgan.errors import DataError


def digest_of_pictures(source: AbstractSource) -> str:
    """Hash names and stamps, which change when pictures are added, removed or changed."""
    digest = hashlib.sha256()
    for name, stamp in zip(source.names, _stamps(source), strict=True):
        digest.update(f"{name}\0{stamp}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def refuse_inside(source: AbstractSource, out: Path) -> None:
    """Refuse an output inside the source's folder, where the next run would read it.

    Raises:
        DataError: It lies there.
    """
    if not isinstance(source, FolderSource):
        return
    folder = source.folder.resolve()
    if out.resolve().is_relative_to(folder):
        raise DataError(f"{out} lies inside {source.folder}; give a folder outside it.")


def _stamps(source: AbstractSource) -> list[str]:
    """Use length and time of files, because reading all takes as long as the work itself."""
    if isinstance(source, FolderSource):
        return [_stamp(source.folder / name) for name in source.names]
    return source.fingerprints(Path())


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "unreadable"
    return f"{status.st_size} {status.st_mtime_ns}"
