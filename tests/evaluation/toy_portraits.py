"""Portraits that are nothing but spots of colour, with landmarks where a face would have them."""

from pathlib import Path

import numpy as np
from PIL import Image

from stylemapgan.evaluation.tasks.portraits import landmarks as parts
from stylemapgan.images.levels import to_bytes
from stylemapgan.images.resizing import enlarge

PEOPLE = {"val": ("001", "002"), "train": ("003", "004", "005", "006")}
MOVED = (6.0, -4.0)
"""How far a smiling face lies to the right and down of the neutral one."""
PLACES = (
    (parts.OVAL, (256, 280), (150, 200)),
    (parts.NOSE, (256, 290), (30, 50)),
    (parts.BROWS, (256, 195), (110, 12)),
    (parts.LEFT_EYE, (190, 230), (30, 12)),
    (parts.RIGHT_EYE, (322, 230), (30, 12)),
    (parts.LIPS, (256, 370), (50, 20)),
)


def face() -> np.ndarray:
    points = np.full((parts.POINTS, 2), 256, np.float32)
    for of, middle, radii in PLACES:
        angles = np.linspace(0, 2 * np.pi, len(of), endpoint=False)
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        points[list(of)] = np.array(middle) + circle * np.array(radii)
    return points


def picture(person: str) -> np.ndarray:
    coarse = np.random.default_rng(int(person)).uniform(-0.8, 0.8, (1, 3, 16, 16))
    return to_bytes(enlarge(coarse.astype(np.float32), parts.SIZE))[0]


def write_portraits(folder: Path) -> None:
    landmarks, table = {}, ["split,file,person,expression"]
    for split, people in PEOPLE.items():
        (folder / split).mkdir(parents=True)
        for person in people:
            pixels = picture(person)
            moved = np.roll(pixels, (int(MOVED[1]), int(MOVED[0])), axis=(0, 1))
            for name, shown, shift in (
                (f"{person}_neutral", pixels, (0, 0)),
                (f"{person}_smiling", moved, MOVED),
            ):
                Image.fromarray(shown).save(folder / split / f"{name}.png")
                landmarks[name] = (face() + np.array(shift)).astype(np.float32)
                table.append(f"{split},{name}.png,{person},{name[4:]}")
    np.savez(folder / parts.FILE, **landmarks)
    (folder / "labels.csv").write_text("\n".join(table) + "\n")
