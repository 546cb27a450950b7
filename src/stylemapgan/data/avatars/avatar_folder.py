"""A folder of avatars: pictures, label maps, attributes and swaps.

    train/000000.png         picture of face 0
    val/019000.png           the last faces, held out
    labels/train/000000.png  its parts, as a palette picture
    attributes.jsonl         one face in each line
    triples/000000/          source.png, reference.png, truth.png, mask.png, triple.json, and the
                             parts of the pictures: source-, reference- and truth-parts.png
    triples/triples.jsonl    one triple in each line
    card.md                  description and licences
    avatars.json             the options, which every later run must match

Each file appears complete or not at all and is written only once, so a stopped run continues when
it is started again, and ends with the same bytes as an uninterrupted one.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image

from stylemapgan.config.ranges import PROCESSES
from stylemapgan.data.avatars.avatar_config import AvatarConfig, write_card
from stylemapgan.data.avatars.drawn_faces import PARTS, Face, draw_face
from stylemapgan.data.avatars.labelling import label_map
from stylemapgan.data.avatars.rendering import render
from stylemapgan.data.avatars.swapping import Triple, draw_triple
from stylemapgan.data.worker_pool import ShouldStop, Stopped, in_processes
from stylemapgan.errors import DataError
from stylemapgan.images.atomic import UNFINISHED, write_bytes, write_text

OPTIONS_FILE = "avatars.json"
TRIPLE_MAPS = {name: f"{name}-parts.png" for name in ("source", "reference", "truth")}
"""Picture of a triple → the file of its parts."""
BATCH = 8
"""Files that a worker writes before it reports progress."""
PALETTE = {
    "background": (200, 220, 240),
    "face": (240, 190, 150),
    "hair": (110, 70, 50),
    "eyes": (30, 90, 220),
    "brows": (60, 30, 30),
    "nose": (230, 120, 60),
    "mouth": (220, 40, 70),
    "facial_hair": (150, 90, 20),
    "glasses": (20, 20, 20),
    "clothing": (70, 160, 90),
}
"""Colours of the parts in a label map, for viewers; programs read the values 0 to 9."""

Write: TypeAlias = Callable[[Path, AvatarConfig, int], None]
"""Writes the files with one number below a folder, unless they exist."""


def write_folder(
    folder: Path,
    config: AvatarConfig,
    workers: int = 1,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Draw everything that the folder lacks.

    With several workers, a script must call this below `if __name__ == "__main__":`, because each
    worker imports it.

    Args:
        folder: New, empty, or begun earlier with the same configuration.
        config: What to draw.
        workers: Processes that draw; the files do not depend on their number.
        on_progress: Called with the number of faces and triples done, and of all.

    Raises:
        DataError: The folder holds something else, a worker died, or `workers` is below 1.
        MissingExtraError: The packages that draw are not installed.
    """
    PROCESSES.refuse(workers, DataError)
    _begin(folder, config)
    total = config.count + config.triples
    on_progress(0, total)
    batches = [
        (write, range(start, min(start + BATCH, count)))
        for write, count in ((_write_face, config.count), (_write_triple, config.triples))
        for start in range(0, count, BATCH)
    ]
    done = 0
    with closing(in_processes(partial(_write_batch, folder, config), batches, workers)) as counts:
        for count in counts:
            done += count
            on_progress(done, total)
    _write_lists(folder, config)
    write_card(folder, config)


def _begin(folder: Path, config: AvatarConfig) -> None:
    """Create the subfolders of a new folder, or delete what a killed run left unfinished."""
    _check_options(folder, config)
    for path in folder.rglob(f".*{UNFINISHED}"):
        path.unlink(missing_ok=True)
    for picture in {config.picture(0), config.picture(config.count - 1)}:
        (folder / picture).parent.mkdir(exist_ok=True)
        if config.labels:
            (folder / "labels" / picture).parent.mkdir(parents=True, exist_ok=True)


def _check_options(folder: Path, config: AvatarConfig) -> None:
    """Write the options into a new folder, or compare them with those of an old one."""
    wanted = config.describe()
    file = folder / OPTIONS_FILE
    if file.exists():
        found = _read_options(file)
        differing = [name for name in wanted if found.get(name) != wanted[name]]
        if differing:
            old = ", ".join(f"{name} {found.get(name)}, not {wanted[name]}" for name in differing)
            raise DataError(
                f"{folder} holds avatars made with {old}: choose a new folder, or those options."
            )
        return
    if folder.exists() and (not folder.is_dir() or any(_finished_files(folder))):
        raise DataError(f"{folder} holds something other than avatars: choose a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(wanted, indent=2) + "\n")


def _finished_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.suffix != UNFINISHED)


def _read_options(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DataError(f"{file} is damaged: choose a new folder.")
    return found


def _write_batch(
    folder: Path, config: AvatarConfig, batch: tuple[Write, range], should_stop: ShouldStop
) -> int:
    write, numbers = batch
    for number in numbers:
        if should_stop():
            raise Stopped
        write(folder, config, number)
    return len(numbers)


def _write_face(folder: Path, config: AvatarConfig, index: int) -> None:
    """Write the missing files of a face: its picture and its label map."""
    face = draw_face(config.seed, index)
    picture = folder / config.picture(index)
    if not picture.exists():
        _write_picture(picture, Image.fromarray(render(face, config.size)))
    labels = folder / "labels" / config.picture(index)
    if config.labels and not labels.exists():
        _write_label_map(labels, face, config.size)


def _write_triple(folder: Path, config: AvatarConfig, index: int) -> None:
    """Write a triple unless it exists; its description is written last and marks it complete.

    Triples of earlier versions get the maps that they lack.
    """
    target = folder / "triples" / f"{index:06d}"
    maps = {name: target / file for name, file in TRIPLE_MAPS.items() if config.labels}
    is_described = (target / "triple.json").exists()
    if is_described and all(path.exists() for path in maps.values()):
        return
    target.mkdir(parents=True, exist_ok=True)
    triple = draw_triple(config.seed, index, config.size)
    for name, path in maps.items():
        _write_label_map(path, getattr(triple, name), config.size)
    if not is_described:
        _write_triple_pictures(target, triple)


def _write_triple_pictures(target: Path, triple: Triple) -> None:
    _write_picture(target / "source.png", Image.fromarray(triple.source_pixels))
    _write_picture(target / "reference.png", Image.fromarray(triple.reference_pixels))
    _write_picture(target / "truth.png", Image.fromarray(triple.truth_pixels))
    _write_picture(target / "mask.png", Image.fromarray(triple.mask.astype(np.uint8) * 255))
    description = {
        "folder": target.name,
        "part": triple.part,
        "pixels_that_differ": int(triple.mask.sum()),
        "source": triple.source.attributes(),
        "reference": triple.reference.attributes(),
    }
    write_text(target / "triple.json", json.dumps(description) + "\n")


def _write_label_map(path: Path, face: Face, size: int) -> None:
    """Write the parts of a face as a palette picture."""
    indexed = Image.fromarray(label_map(face, size)).convert("P")
    indexed.putpalette([level for part in PARTS for level in PALETTE[part]])
    _write_picture(path, indexed)


def _write_picture(path: Path, picture: Image.Image) -> None:
    encoded = BytesIO()
    picture.save(encoded, format="PNG")
    write_bytes(path, encoded.getvalue())


def _write_lists(folder: Path, config: AvatarConfig) -> None:
    """Write the attributes of all faces, and the descriptions of all triples, one in each line."""
    faces = [
        {"file": config.picture(index), **draw_face(config.seed, index).attributes()}
        for index in range(config.count)
    ]
    _write_lines(folder / "attributes.jsonl", [json.dumps(face) for face in faces])
    if config.triples:
        triples = sorted((folder / "triples").glob("*/triple.json"))
        lines = [path.read_text("utf-8").strip() for path in triples]
        _write_lines(folder / "triples" / "triples.jsonl", lines)


def _write_lines(path: Path, lines: list[str]) -> None:
    if not path.exists():
        write_text(path, "".join(f"{line}\n" for line in lines))
