"""The files of one face and of one triple."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from stylemapgan.data.avatars.config import AvatarConfig
from stylemapgan.data.avatars.drawing import draw_face
from stylemapgan.data.avatars.labelling import label_map
from stylemapgan.data.avatars.parts import PARTS
from stylemapgan.data.avatars.rendering import render
from stylemapgan.data.avatars.swapping import draw_triple
from stylemapgan.images.atomic import write_bytes, write_text

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
"""Colours that people see in a label map; programs read the values 0 to 9."""


def write_face(folder: Path, settings: AvatarConfig, index: int) -> None:
    """Write what is missing of a face: its picture and its label map."""
    face = draw_face(settings.seed, index)
    picture = folder / settings.place(index)
    if not picture.exists():
        _write_picture(picture, Image.fromarray(render(face, settings.size)))
    labels = folder / "labels" / settings.place(index)
    if settings.labels and not labels.exists():
        indexed = Image.fromarray(label_map(face, settings.size)).convert("P")
        indexed.putpalette([level for part in PARTS for level in PALETTE[part]])
        _write_picture(labels, indexed)


def write_triple(folder: Path, settings: AvatarConfig, index: int) -> None:
    """Write a triple unless it is there; its description comes last and says that it is whole."""
    place = folder / "triples" / f"{index:06d}"
    if (place / "triple.json").exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    triple = draw_triple(settings.seed, index, settings.size)
    _write_picture(place / "source.png", Image.fromarray(triple.source_pixels))
    _write_picture(place / "reference.png", Image.fromarray(triple.reference_pixels))
    _write_picture(place / "truth.png", Image.fromarray(triple.truth_pixels))
    _write_picture(place / "mask.png", Image.fromarray(triple.mask.astype(np.uint8) * 255))
    description = {
        "folder": place.name,
        "part": triple.part,
        "pixels_that_differ": int(triple.mask.sum()),
        "source": triple.source.attributes(),
        "reference": triple.reference.attributes(),
    }
    write_text(place / "triple.json", json.dumps(description) + "\n")


def _write_picture(path: Path, picture: Image.Image) -> None:
    packed = BytesIO()
    picture.save(packed, format="PNG")
    write_bytes(path, packed.getvalue())
