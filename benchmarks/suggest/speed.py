"""What an exact search costs: time and memory, on random stylemaps of a model's size."""

import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stylemapgan.config import ModelConfig
from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.encoding.stylemap_files import EncodedPhoto, part_path, write_part
from stylemapgan.editing.photo import Square
from stylemapgan.editing.suggesting import Query, SuggestConfig, open_library, suggest
from stylemapgan.editing.suggesting.suggesting import regions_of
from stylemapgan.images import box_mask

PER_FILE = 1024
SQUARE = Square(x=0.5, y=0.5, side=1.0)


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search's cost."""

    photos: int
    cells: int
    """Cells that were compared."""
    of_cells: int
    """Cells that a stylemap has."""
    opening_seconds: float
    """Processor time of opening the library; the first time its stylemaps are laid out cell by
    cell."""
    seconds: float
    """Processor time of the search, which one thread does."""
    peak_megabytes: float
    """Most memory allocated while searching; mapped files are no part of it."""


def write_random_library(folder: Path, photos: int, config: ModelConfig) -> None:
    """Write random stylemaps as `encode` writes those of photos; nothing if they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = (config.style_channels, config.stylemap_size, config.stylemap_size)
    for number, start in enumerate(range(0, photos, PER_FILE)):
        if part_path(folder, number).exists():
            continue
        randomness = np.random.default_rng(number)
        rows = [
            EncodedPhoto(
                photo=f"{index:08d}.jpg",
                sha256=randomness.bytes(32),
                square=SQUARE,
                error=0.01,
                fit="good",
                stylemap=randomness.standard_normal(shape, np.float32).astype(np.float16),
            )
            for index in range(start, min(start + PER_FILE, photos))
        ]
        write_part(part_path(folder, number), rows, shape, {"model": "", "name": "random"})


def search(folder: Path, editor: AbstractEditor, box: tuple[int, int, int, int]) -> Search:
    """Search a library for a box of the picture; a second search is watched for memory."""
    start = time.process_time()
    library = open_library(folder, editor)
    opened = time.process_time() - start
    side = editor.stylemap_size
    shape = (1, editor.config.style_channels, side, side)
    stylemap = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    query = Query(stylemap=stylemap, mask=box_mask(box, editor.image_size))
    start = time.process_time()
    suggest(library, query, SuggestConfig())
    seconds = time.process_time() - start
    tracemalloc.start()
    suggest(library, query, SuggestConfig())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Search(
        photos=len(library),
        cells=len(regions_of(query).cells),
        of_cells=side * side,
        opening_seconds=round(opened, 2),
        seconds=round(seconds, 2),
        peak_megabytes=round(peak / 1e6, 1),
    )
