"""Sample photographs: whole ones, with the square that the model sees."""

import math
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from stylemapgan.editing.photo import FullPhoto, Square
from stylemapgan.types import Images
from tools.faces.portraits import SIDE, Portrait, Portraits

SAMPLES = (
    "029_neutral",
    "013_smiling",
    "005_neutral",
    "037_smiling",
    "061_neutral",
    "173_neutral",
)
"""Six people of `val`."""
QUALITY = 84
"""Of the WebP files."""
KEPT_MATCHES = 0.75
"""A match counts if the second best is at least a third worse."""
ATTRIBUTION = """\
Portraits: Face Research Lab London Set, L. DeBruine and B. Jones, 2017, version 5,
doi 10.6084/m9.figshare.5047666.v5, CC BY 4.0
(https://creativecommons.org/licenses/by/4.0/).

The people gave signed consent for their images to be "used in lab-based and web-based studies in
their original or altered forms and to illustrate research (e.g., in scientific journals, news
media or presentations)". Use them to study and to illustrate. Do not impersonate anybody.

Changed here: re-encoded as WebP, without metadata. No model was trained on these people.
"""


def write_samples(portraits: Portraits, folder: Path) -> None:
    """Write sample photographs, samples.toml with their squares, and whom to credit.

    Args:
        portraits: Where they are.
        folder: Where to.
    """
    by_name = {portrait.name: portrait for portrait in portraits.val}
    lines = ["# The square of each photograph that the model sees: its centre and side in pixels."]
    for name in SAMPLES:
        portrait = by_name[name]
        photo = Image.open(portraits.full(portrait)).convert("RGB")
        photo.info = {}
        photo.save(folder / f"{name}.webp", quality=QUALITY, method=6)
        square = find_square(portrait, portraits.full(portrait))
        lines += ["", f'["{name}.webp"]']
        lines += [f"{key} = {round(number, 2)}" for key, number in vars(square).items()]
    (folder / "samples.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "ATTRIBUTION.txt").write_text(ATTRIBUTION, encoding="utf-8")


@cache
def find_square(portrait: Portrait, path: Path) -> Square:
    """Find where an aligned portrait lies in its photograph, by matching details of both.

    Args:
        portrait: The aligned picture.
        path: The photograph.

    Source: Lowe, Distinctive image features from scale-invariant keypoints, IJCV 2004.
    """
    detector = cv2.SIFT_create(nfeatures=2000)
    aligned, whole = (
        detector.detectAndCompute(np.asarray(Image.open(each).convert("L")), None)
        for each in (portrait.path, path)
    )
    pairs = cv2.BFMatcher().knnMatch(aligned[1], whole[1], k=2)
    kept = [best for best, second in pairs if best.distance < KEPT_MATCHES * second.distance]
    here = np.array([aligned[0][match.queryIdx].pt for match in kept])
    there = np.array([whole[0][match.trainIdx].pt for match in kept])
    turn, _ = cv2.estimateAffinePartial2D(here + 0.5, there + 0.5, ransacReprojThreshold=1.0)
    x, y = turn @ np.array([SIDE / 2, SIDE / 2, 1.0])
    side = SIDE * math.hypot(turn[0, 0], turn[1, 0])
    rotation = math.degrees(math.atan2(turn[1, 0], turn[0, 0]))
    return Square(x=float(x), y=float(y), side=side, rotation=rotation)


OFFSETS = ((0.0, 0.0, 1.0, 0.0), (0.04, 0.02, 1.08, 4.0), (-0.03, -0.04, 0.94, -3.0))
"""Right, down (shares of the side), size and degrees by which finders may miss a square."""


def seen_by_finders(portraits: Portraits, size: int) -> Images:
    """Show the validation portraits in their own squares and in slightly different ones.

    Args:
        portraits: Where they are.
        size: Height and width of the model's image, in pixels.
    """
    seen = []
    for portrait in portraits.val:
        photo = FullPhoto.read(portraits.full(portrait))
        own = find_square(portrait, portraits.full(portrait))
        for right, down, scale, degrees in OFFSETS:
            square = Square(
                x=own.x + right * own.side,
                y=own.y + down * own.side,
                side=own.side * scale,
                rotation=own.rotation + degrees,
            )
            seen.append(photo.crop(square, size))
    return np.concatenate(seen)
