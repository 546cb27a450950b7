"""The data sets, as folders with train/ and val/, the same for every method."""

import csv
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from benchmarks.rivals.found_parts import write_found_parts
from stylemapgan.data.avatars import AvatarConfig, write_folder
from stylemapgan.errors import DataError
from stylemapgan.evaluation.data import TEST, TRAINING
from stylemapgan.evaluation.tasks.portraits.landmarks import FILE

SIZE = 64
LABELS = "labels.csv"
SHARES = {"train": 5, "composites": 1}
"""Folder of portraits → how often each picture is in the training data: photographs weigh more."""
AVATARS = AvatarConfig(count=12_500, size=SIZE, validation_share=0.04, triples=200)


def prepare_faces(portraits: Path, output: Path) -> None:
    """Resize portraits and composites, write maps of their parts, and take along what is known.

    Args:
        portraits: Folder with train/, composites/ and val/; landmarks.npz and labels.csv let edits
            be measured whose true result was photographed.
        output: New folder.

    Raises:
        DataError: A folder is missing, or holds no pictures.
    """
    for folder, share in SHARES.items():
        for picture in _pictures(portraits / folder):
            first = _resize(picture, output / "train" / f"{folder}-{picture.stem}-0.png")
            for number in range(1, share):
                os.link(first, first.with_name(f"{folder}-{picture.stem}-{number}.png"))
    for picture in _pictures(portraits / "val"):
        _resize(picture, output / "val" / f"{picture.stem}.png")
    if (portraits / FILE).is_file() and (portraits / LABELS).is_file():
        shutil.copyfile(portraits / FILE, output / FILE)
        _copy_labels(portraits / LABELS, output / LABELS)
    write_found_parts(output, "faces-128")


def prepare_hands(hands: Path, output: Path) -> None:
    """Resize photos of hands, and write maps of their parts.

    Args:
        hands: Folder with train/ and val/.
        output: New folder.

    Raises:
        DataError: A folder is missing, or holds no pictures.
    """
    for split in (TRAINING, TEST):
        for picture in _pictures(hands / split):
            _resize(picture, output / split / f"{picture.stem}.png")
    write_found_parts(output, "hands-64")


def prepare_avatars(output: Path, workers: int, on_progress: Callable[[int, int], None]) -> None:
    """Draw faces with maps of their parts and true results of swaps."""
    write_folder(output, AVATARS, workers, on_progress)


def _copy_labels(labels: Path, output: Path) -> None:
    """Copy what a table says of test pictures, under their names here."""
    with labels.open(newline="", encoding="utf-8") as file:
        table = csv.DictReader(file)
        columns = table.fieldnames or ()
        rows = [
            {**row, "file": f"{Path(row['file']).stem}.png"}
            for row in table
            if row["split"] == "val"
        ]
    with output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def _pictures(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.glob("*") if path.suffix in (".jpg", ".png", ".webp"))
    if not found:
        raise DataError(f"{folder} holds no pictures.")
    return found


def _resize(picture: Path, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(picture) as opened:
        opened.convert("RGB").resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(path)
    return path
