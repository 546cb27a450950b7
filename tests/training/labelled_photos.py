"""Photos of discs with maps of their parts."""

from pathlib import Path

import numpy as np
from PIL import Image

PARTS = ("wall", "disc")


def write_labelled_photos(folder: Path, names: tuple[str, ...] = ("train",)) -> None:
    """Write folders of 12 photos each, and their maps; no photo is its own mirror image."""
    randomness = np.random.default_rng(0)
    y, x = np.mgrid[:32, :32]
    for name in names:
        photos, labels = folder / name, folder / "labels" / name
        photos.mkdir(parents=True)
        labels.mkdir(parents=True)
        for index in range(12):
            disc = (y - randomness.uniform(8, 24)) ** 2 + (x - randomness.uniform(6, 12)) ** 2 < 40
            inside, outside = randomness.integers(130, 256, 3), randomness.integers(0, 100, 3)
            pixels = np.where(disc[..., None], inside, outside).astype(np.uint8)
            Image.fromarray(pixels).save(photos / f"{index:02}.png")
            Image.fromarray(disc.astype(np.uint8)).save(labels / f"{index:02}.png")
    (folder / "labels" / "parts.txt").write_text("\n".join(PARTS))
