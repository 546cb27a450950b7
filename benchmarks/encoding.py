"""`python -m benchmarks.encoding PHOTOS [COUNT...]`: encode collections of growing size.

The collections repeat the photos of a folder as often as needed, under new names. Processor time
counts, not the clock, so that other programs hardly matter. The bare networks see the same
pictures, decoded beforehand.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from benchmarks.isolation import apart, process_peak
from benchmarks.machine import describe_machine, describe_source
from benchmarks.markdown import table
from stylemapgan.config.engine import EngineConfig
from stylemapgan.data.sources.folder_source import find_files
from stylemapgan.editing.chosen_model import ChosenModel
from stylemapgan.editing.encoding import EncodeConfig, encode_photos
from stylemapgan.editing.encoding.part_maker import AT_ONCE
from stylemapgan.images import read
from stylemapgan.images.formats import SUFFIXES
from stylemapgan.images.levels import to_numpy

CONFIG = EncodeConfig(find="middle")
"""Drawn faces fill their pictures, so their squares need not be found."""
COUNTS = (1_000, 10_000, 100_000)
BARE = 2_000
"""Pictures that the bare networks see."""
MODEL = ChosenModel(name="avatars-64", engine_config=EngineConfig())
OUTPUT = Path("encoding.json")


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """What one process took to encode a collection."""

    photos: int
    fit: bool
    processor_seconds: float
    """With opening the model."""
    seconds: float
    peak_memory_mib: float
    bytes_on_disk: int


@dataclass(frozen=True, kw_only=True)
class Bare:
    """What the networks alone take."""

    photos: int
    fit: bool
    processor_seconds: float

    @property
    def pace(self) -> float:
        """Processor seconds a photo."""
        return self.processor_seconds / self.photos


def encode(files: Sequence[Path], count: int, folder: Path, *, fit: bool) -> Encoding:
    """Encode a collection of `count` photos in this process."""
    photos = folder / f"photos-{count}"
    for number, file in enumerate(islice(cycle(files), count)):
        copy = photos / f"{number // 1000:05d}" / f"{number:08d}{file.suffix}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists():
            os.link(file, copy)
    out = folder / f"encoded-{count}-{fit}"
    start, clock = time.process_time(), time.perf_counter()
    encode_photos(photos, out, MODEL, replace(CONFIG, fit=fit))
    return Encoding(
        photos=count,
        fit=fit,
        processor_seconds=time.process_time() - start,
        seconds=time.perf_counter() - clock,
        peak_memory_mib=process_peak(),
        bytes_on_disk=sum(path.stat().st_size for path in out.iterdir()),
    )


def run_bare(files: Sequence[Path], *, fit: bool) -> Bare:
    """Run the networks alone on pictures in memory."""
    editor = MODEL.open()
    pictures = [read(file, editor.image_size) for file in islice(cycle(files), BARE)]
    batches = [
        np.concatenate(pictures[begin : begin + AT_ONCE]) for begin in range(0, BARE, AT_ONCE)
    ]
    start = time.process_time()
    for batch in batches:
        stylemaps = editor.encode(batch)
        if fit:
            to_numpy(editor.decode(stylemaps))
    return Bare(photos=BARE, fit=fit, processor_seconds=time.process_time() - start)


def main(arguments: Sequence[str]) -> None:
    """Measure, print a table and write `encoding.json`."""
    photos, counts = Path(arguments[0]), [int(each) for each in arguments[1:]] or list(COUNTS)
    files = [photos / name for name in find_files(photos, SUFFIXES)]
    measured: list[Encoding] = []
    bare: list[Bare] = []
    with tempfile.TemporaryDirectory(dir=photos.parent) as folder:
        for fit in (False, True):
            bare.append(apart(run_bare, files, fit=fit))
            for count in counts if not fit else counts[:-1]:
                print(f"{count:,} photos, fit {fit}", file=sys.stderr)
                measured.append(apart(encode, files, count, Path(folder), fit=fit))
                bare.append(apart(run_bare, files, fit=fit))
    report = {
        "machine": asdict(apart(describe_machine)),
        "source": asdict(describe_source()),
        "model": MODEL.name,
        "encode": [asdict(each) for each in measured],
        "networks_alone": [asdict(each) for each in bare],
    }
    OUTPUT.write_text(json.dumps(report, indent=1) + "\n")
    print(show(measured, bare))


def show(measured: Sequence[Encoding], bare: Sequence[Bare]) -> str:
    """Make a table: milliseconds of processor time a photo beside the networks alone."""
    rows = []
    for each in measured:
        alone = np.median(
            [one.processor_seconds / one.photos for one in bare if one.fit == each.fit]
        )
        pace = each.processor_seconds / each.photos
        rows.append(
            (
                f"{each.photos:,}",
                "yes" if each.fit else "no",
                f"{1000 * pace:.2f}",
                f"{1000 * alone:.2f}",
                f"{alone / pace:.0%}",
                f"{each.peak_memory_mib:.0f}",
            )
        )
    head = ("photos", "fit", "ms a photo", "networks alone", "share", "peak memory, MiB")
    return table(head, rows)


if __name__ == "__main__":
    main(sys.argv[1:])
