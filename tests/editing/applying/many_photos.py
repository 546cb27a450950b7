"""Photos, what holds them, and a look at what became of them."""

import csv
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from stylemapgan.editing.applying import ApplyConfig

IN_THE_MIDDLE = ApplyConfig(find="middle")


def clouds(seed: int, width: int, height: int, form: str = "png") -> bytes:
    """Encode a picture that is unlike those of other seeds."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    packed = io.BytesIO()
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(packed, form)
    return packed.getvalue()


def contents(folder: Path) -> dict[str, bytes]:
    """Read all files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_tar(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def manifest(out: Path) -> list[dict[str, str]]:
    with (out / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def results(out: Path) -> dict[str, str]:
    """Hash every file, and of the manifest all but the seconds."""
    found = {name: hashlib.sha256(content).hexdigest() for name, content in contents(out).items()}
    rows = [{**row, "seconds": ""} for row in manifest(out)]
    return {**found, "manifest.csv": str(rows)}
