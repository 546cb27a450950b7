"""What `stylemapgan demo` shows of the sample photographs."""

from pathlib import Path

import numpy as np

from tools.faces.portraits import SIDE, Portrait
from tools.faces.regions import MOUTH_POINTS

SMILE = ("029_neutral", "013_smiling")
"""Source, and whose mouth it gets in the same place."""
MOVED = ("005_neutral", "037_smiling")
"""Source, and whose mouth moves over to where the source's is."""
PUSHED = "173_neutral"
AMOUNTS = (-1.5, 1.0, 2.0)
"""How far the direction `smile` pushes it."""
WALK = ("173_neutral", "013_smiling")
MARGIN = 0.5
"""Around a mouth, as a share of its width and height."""

Box = tuple[int, int, int, int]


def write_plan(path: Path, portraits: list[Portrait], size: int) -> None:
    """Write demo.toml, with boxes around mouths as landmarks say.

    Args:
        path: Where to.
        portraits: The samples among them.
        size: Height and width of the model's image, in pixels.
    """
    by_name = {portrait.name: portrait for portrait in portraits}
    scale = size / SIDE
    smile, moved = _mouth(by_name[SMILE[1]], scale), _mouth(by_name[MOVED[1]], scale)
    there = _mouth(by_name[MOVED[0]], scale)
    shift = [round(there[at] + there[at + 2] / 2 - moved[at] - moved[at + 2] / 2) for at in (0, 1)]
    text = f"""\
# What `stylemapgan demo` shows; lengths in pixels of the model's {size}-pixel pictures.

[blend]
source = "{SMILE[0]}.webp"
reference = "{SMILE[1]}.webp"
box = {_toml(smile)}

[transplant]
source = "{MOVED[0]}.webp"
reference = "{MOVED[1]}.webp"
box = {_toml(moved)}
shift = {{ x = {shift[0]}, y = {shift[1]} }}

[[moves]]
source = "{PUSHED}.webp"
direction = "smile"
amounts = {list(AMOUNTS)}

[interpolate]
start = "{WALK[0]}.webp"
end = "{WALK[1]}.webp"
"""
    path.write_text(text, encoding="utf-8")


def _mouth(portrait: Portrait, scale: float) -> Box:
    """Left edge, top edge, width and height of a mouth with its margin, in pixels."""
    points = portrait.landmarks[list(MOUTH_POINTS)] * scale
    least, most = points.min(axis=0), points.max(axis=0)
    spare = np.array([0.35 * MARGIN * (most - least)[0], MARGIN * (most - least)[1]])
    (x, y), (right, bottom) = np.floor(least - spare), np.ceil(most + spare)
    return int(x), int(y), int(right - x), int(bottom - y)


def _toml(box: Box) -> str:
    x, y, width, height = box
    return f"{{ x = {x}, y = {y}, width = {width}, height = {height} }}"
