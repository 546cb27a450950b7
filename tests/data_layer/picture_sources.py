"""Pictures, and everything they can be kept in."""

import io
import tarfile
import zipfile
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import numpy as np
from PIL import Image

from stylemapgan.data.sources import AbstractSource, Record

Pictures = dict[str, bytes]


def png(grey: int, side: int = 16) -> bytes:
    """A flat picture, to be known again by its grey."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), (grey,) * 3).save(buffer, "png")
    return buffer.getvalue()


def greys(images: np.ndarray) -> list[int]:
    """What `png` was given."""
    return np.rint((images[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist()


def records(source: AbstractSource) -> list[Record]:
    """Read all pictures."""
    return [source.record(index) for index in range(len(source))]


def write_tar(path: Path, members: Pictures) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def write_zip(path: Path, members: Pictures) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_folder(path: Path, members: Pictures) -> Path:
    for name, content in members.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return path


def write_lmdb(path: Path, values: Pictures) -> Path:
    import lmdb

    with lmdb.open(str(path), map_size=2**24) as data, data.begin(write=True) as transaction:
        for key, value in values.items():
            transaction.put(key.encode(), value)
    return path


def write_shards(folder: Path, pictures: list[bytes], lengths: list[int]) -> list[str]:
    """Spread pictures over shards of the given lengths, each with something else beside it."""
    shards, rest = [], iter(enumerate(pictures))
    for number, length in enumerate(lengths):
        members: Pictures = {}
        for _, (index, content) in zip(range(length), rest, strict=False):
            members |= {f"{index:05d}.png": content, f"{index:05d}.json": b"{}"}
        shards.append(str(write_tar(folder / f"s-{number:03d}.tar", members)))
    return shards


class RangeHandler(SimpleHTTPRequestHandler):
    """Serves files silently, and parts of them if asked."""

    answers_ranges = True
    requests: list[str]
    """What was asked for."""
    failures: list[int]
    """Status codes that the next requests get instead of content."""

    failing_heads = 0
    """How many of the next questions for the length fail, with the request that follows them."""

    def do_HEAD(self) -> None:
        kind = type(self)
        if kind.failing_heads:
            kind.failing_heads -= 1
            self.failures.append(503)
            self.send_error(503)
            return
        super().do_HEAD()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        self.requests.append(self.path)
        if self.failures:
            self.send_error(self.failures.pop(0))
            return
        wanted = self.headers.get("Range")
        file = Path(self.translate_path(self.path))
        if wanted is None or not self.answers_ranges or not file.is_file():
            super().do_GET()
            return
        first, last = wanted.removeprefix("bytes=").split("-")
        part = file.read_bytes()[int(first) : int(last) + 1]
        self.send_response(206)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)


class WholeHandler(RangeHandler):
    answers_ranges = False


Serve = Callable[..., tuple[str, type[RangeHandler]]]
