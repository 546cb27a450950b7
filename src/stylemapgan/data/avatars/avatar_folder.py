"""A folder of avatars: pictures, maps of parts, attributes, swaps.

    train/000000.png         picture of face 0
    val/019000.png           the last faces, held out
    labels/train/000000.png  its parts, as an indexed picture
    attributes.jsonl         one face a line
    triples/000000/          source.png, reference.png, truth.png, mask.png, triple.json
    triples/triples.jsonl    one triple a line
    card.md                  what this is, and under which terms
    avatars.json             the settings; a folder keeps to them

Every file appears whole or not at all and none is written twice, so a run that was stopped goes
on by being started again, and ends with the same bytes as one that never was.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from stylemapgan.config.ranges import PROCESSES
from stylemapgan.data.avatars.card import write_card
from stylemapgan.data.avatars.config import AvatarConfig
from stylemapgan.data.avatars.crew import share_out
from stylemapgan.data.avatars.drawing import draw_face
from stylemapgan.data.avatars.files import write_face, write_triple
from stylemapgan.errors import DataError
from stylemapgan.images.atomic import UNFINISHED, write_text

SETTINGS_FILE = "avatars.json"


def write_folder(
    folder: Path,
    settings: AvatarConfig,
    workers: int = 1,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Draw all that is not there yet.

    With several workers, a script that calls this must do so below
    `if __name__ == "__main__":`, since each worker imports it.

    Args:
        folder: New, empty, or begun earlier with the same settings.
        settings: What to draw.
        workers: Processes that draw; the files are the same with any number.
        on_progress: Told how many faces and triples are done, and how many there are in all.

    Raises:
        DataError: The folder holds something else, a worker died, or there are to be none.
        MissingExtraError: The packages that draw are not installed.
    """
    PROCESSES.refuse(workers, DataError)
    _claim(folder, settings)
    _sweep(folder)
    for picture in {settings.place(0), settings.place(settings.count - 1)}:
        (folder / picture).parent.mkdir(exist_ok=True)
        if settings.labels:
            (folder / "labels" / picture).parent.mkdir(parents=True, exist_ok=True)

    total = settings.count + settings.triples
    on_progress(0, total)
    jobs = [(write_face, settings.count), (write_triple, settings.triples)]
    with closing(share_out(jobs, folder, settings, workers)) as progress:
        for done in progress:
            on_progress(done, total)
    _write_lists(folder, settings)
    write_card(folder, settings)


def _claim(folder: Path, settings: AvatarConfig) -> None:
    """Take a new folder, or check that an old one was begun with the same settings."""
    wanted = settings.describe()
    file = folder / SETTINGS_FILE
    if file.exists():
        found = _read_settings(file)
        differing = [name for name in wanted if found.get(name) != wanted[name]]
        if differing:
            told = ", ".join(f"{name} {found.get(name)}, not {wanted[name]}" for name in differing)
            raise DataError(
                f"{folder} holds avatars made with {told}: choose another folder or its settings."
            )
        return
    if folder.exists() and (not folder.is_dir() or any(_finished_files(folder))):
        raise DataError(f"{folder} holds something other than avatars: choose a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(wanted, indent=2) + "\n")


def _finished_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.suffix != UNFINISHED)


def _read_settings(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DataError(f"{file} is damaged: choose a new folder.")
    return found


def _sweep(folder: Path) -> None:
    """Delete what a killed run left unfinished."""
    for path in folder.rglob(f".*{UNFINISHED}"):
        path.unlink(missing_ok=True)


def _write_lists(folder: Path, settings: AvatarConfig) -> None:
    """Gather what is known of all faces and all triples, one line each."""
    faces = [
        {"file": settings.place(index), **draw_face(settings.seed, index).attributes()}
        for index in range(settings.count)
    ]
    _write_lines(folder / "attributes.jsonl", [json.dumps(face) for face in faces])
    if settings.triples:
        triples = sorted((folder / "triples").glob("*/triple.json"))
        lines = [path.read_text("utf-8").strip() for path in triples]
        _write_lines(folder / "triples" / "triples.jsonl", lines)


def _write_lines(path: Path, lines: list[str]) -> None:
    if not path.exists():
        write_text(path, "".join(f"{line}\n" for line in lines))
