"""The portraits: pictures, landmarks and what people said about themselves."""

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from stylemapgan import images
from stylemapgan.types import Images

SIDE = 512
"""Height and width of the aligned pictures, in pixels."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Portrait:
    """One aligned portrait."""

    path: Path
    person: str
    expression: str
    age: str
    gender: str
    ethnicity: str
    """As the person reported it; empty where unknown."""
    landmarks: Float32[np.ndarray, "468 2"]
    """Points of the face mesh, (x, y) in pixels of the aligned picture."""

    @property
    def name(self) -> str:
        """Person and expression, as `005_neutral`."""
        return self.path.stem

    @cached_property
    def pixels(self) -> UInt8[np.ndarray, "512 512 3"]:
        """The aligned picture."""
        return np.asarray(Image.open(self.path).convert("RGB"))

    def image(self, size: int) -> Images:
        """The picture as a model sees it, (1, 3, size, size)."""
        return images.read(self.path, size)


@dataclass(frozen=True, kw_only=True, eq=False)
class Portraits:
    """The folder of portraits: train/, val/, full/, labels.csv and landmarks.npz."""

    folder: Path

    @cached_property
    def train(self) -> list[Portrait]:
        """Portraits the model was trained on."""
        return self._split("train")

    @cached_property
    def val(self) -> list[Portrait]:
        """Portraits of other people."""
        return self._split("val")

    def full(self, portrait: Portrait) -> Path:
        """The whole photograph; for people of `val` only."""
        return self.folder / "full" / portrait.path.name

    def _split(self, split: str) -> list[Portrait]:
        points = np.load(self.folder / "landmarks.npz", allow_pickle=False)
        with (self.folder / "labels.csv").open(encoding="utf-8") as opened:
            rows = [row for row in csv.DictReader(opened) if row["split"] == split]
        return [
            Portrait(
                path=self.folder / split / row["file"],
                person=row["person"],
                expression=row["expression"],
                age=row["age"],
                gender=row["gender"],
                ethnicity=row["ethnicity"],
                landmarks=points[Path(row["file"]).stem],
            )
            for row in rows
        ]


def stacked(portraits: list[Portrait], size: int) -> Images:
    """Read portraits as one batch."""
    return np.concatenate([portrait.image(size) for portrait in portraits])
