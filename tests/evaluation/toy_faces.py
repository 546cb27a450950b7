"""Faces so simple that everything about them is known: a background, and glasses or none."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from stylemapgan.config import ModelConfig, preset
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.images.levels import to_numpy

SIZE = 32
COLOURS = {"red": (200, 60, 60), "blue": (60, 60, 200)}
GLASSES = {"none": None, "round": (230, 230, 90)}
LENS = np.s_[8:20, 10:24]


class PixelEditor(AbstractEditor):
    """A perfect editor: the stylemap is the picture, a cell a pixel."""

    @property
    def config(self) -> ModelConfig:
        return preset("tiny-32").model

    def as_array(self, values):
        return to_numpy(values)

    def encode(self, images):
        return self.as_images(images).copy()

    def resize(self, stylemaps):
        return [stylemaps]

    def synthesize(self, w_plus):
        return w_plus[0]

    def features(self, w_plus):
        return w_plus[0]

    def sample(self, count, seed=0):
        shape = (count, 3, SIZE, SIZE)
        return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def draw(face: dict[str, str], random: np.random.Generator | None = None) -> np.ndarray:
    """Draw a face, with random brightness and noise if there is randomness."""
    pixels = np.empty((SIZE, SIZE, 3))
    pixels[:] = COLOURS[face["background_colour"]]
    if lens := GLASSES[face["glasses"]]:
        pixels[LENS] = lens
    if random is not None:
        pixels += random.normal(0, 8, pixels.shape) + random.normal(0, 12)
    return pixels.clip(0, 255).astype(np.uint8)


def part_map(face: dict[str, str]) -> np.ndarray:
    parts = np.zeros((SIZE, SIZE), np.uint8)
    parts[LENS] = face["glasses"] != "none"
    return parts


def random_face(random: np.random.Generator) -> dict[str, str]:
    return {
        "background_colour": str(random.choice(list(COLOURS))),
        "glasses": str(random.choice(list(GLASSES))),
    }


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def write_faces(folder: Path, training: int = 60, tested: int = 24, triples: int = 12) -> None:
    """Write what `stylemapgan avatars` writes, of toy faces."""
    random = np.random.default_rng(0)
    with (_made(folder) / "attributes.jsonl").open("w") as table:
        for split, count in (("train", training), ("val", tested)):
            for index in range(count):
                face, name = random_face(random), f"{index:03}.png"
                save(folder / split / name, draw(face, random))
                save(folder / "labels" / split / name, part_map(face))
                table.write(json.dumps({"file": f"{split}/{name}", **face}) + "\n")
    (folder / "labels" / "parts.txt").write_text("background\nglasses\n")
    _write_triples(folder / "triples", triples, random)


def _write_triples(folder: Path, count: int, random: np.random.Generator) -> None:
    part_fields = {"background": "background_colour", "glasses": "glasses"}
    with (_made(folder) / "triples.jsonl").open("w") as table:
        for index in range(count):
            part, field = list(part_fields.items())[index % 2]
            source = reference = random_face(random)
            while source[field] == reference[field]:
                reference = random_face(random)
            truth = {**source, field: reference[field]}
            place = folder / f"{index:03}"
            pictures = {"source": source, "reference": reference, "truth": truth}
            for name, face in pictures.items():
                save(place / f"{name}.png", draw(face))
                save(place / f"{name}-parts.png", part_map(face))
            differs = (draw(source) != draw(truth)).any(axis=-1)
            save(place / "mask.png", np.where(differs, 255, 0).astype(np.uint8))
            told = {"folder": place.name, "part": part, "source": source, "reference": reference}
            table.write(json.dumps(told) + "\n")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
