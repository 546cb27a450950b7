"""Find the square around a face."""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8

from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.square import Square, turn
from stylemapgan.errors import ImageError, MissingExtraError

LONGEST = 420
"""Pixels of the longer side of the picture that is searched."""
LEAST_FACE = 1 / 12
"""Smallest face, as a share of the photo's shorter side."""
LEAST_PIXELS = 20
"""Smallest face that OpenCV's cascades know, in pixels."""
TURNS = (0.0, -20.0, 20.0)
"""Degrees by which copies of the picture are turned: the cascades know upright faces only."""
STEEPER = (-45.0, 45.0, -90.0, 90.0)
"""Further turns, for photos in which no face is clear."""
STEP = 1.1
"""How much larger each size of face is than the one before."""
CASCADES = {"haarcascade_frontalface_default.xml": 0.7, "haarcascade_frontalface_alt2.xml": 0.685}
"""File → how wide its box around a face is, as a share of the square's side."""
ABOVE = 0.041
"""How far the square's centre lies above the box's, as a share of the side."""
SAME_PLACE, SAME_SIZE, SAME_TURN = 0.3, 1.5, 40.0
"""Two detections are of one face up to this distance, in sides, this ratio of sides, and as many
degrees between them."""
CLEAR, FAINT = 10, 3
"""Overlapping detections that make a clear face, and one that is taken if there is no clear one."""
RIVAL = 0.5
"""A larger face is taken if it has this share of the detections that the clearest face has."""

Grey = UInt8[np.ndarray, "_ _"]

_cascades = threading.local()


@dataclass(frozen=True, kw_only=True)
class Detection:
    """What one cascade found in one turned copy, in pixels of the upright picture."""

    x: float
    """Its centre, from the left edge."""
    y: float
    """Its centre, from the top edge."""
    side: float
    """Side of the square that a face with a box of this width has."""
    rotation: float
    """Degrees by which an upright face in that copy is turned clockwise in the photo."""
    support: int
    """Overlapping boxes that it is the mean of."""


def face_square(photo: FullPhoto) -> Square:
    """Find the square around the largest face, turned as the face is.

    Two cascades search the picture and copies of it that are turned to both sides. Whatever they
    find at one place is averaged, weighted by how often it was found; a face turned by 10 degrees
    is found in two copies about equally often. The framing is that of CelebA-HQ and FFHQ.

    Raises:
        ImageError: No face is found.
        MissingExtraError: OpenCV is not installed.

    Source: Viola and Jones, CVPR 2001; Lienhart and Maydt, ICIP 2002. The framing, by eyes and
    mouth, is that of Karras et al., Progressive Growing of GANs, ICLR 2018, appendix C; how the
    cascades' boxes lie in it was measured on aligned portraits.
    """
    cv2 = _opencv()
    pixels = photo.upright_srgb(LONGEST)
    grey: Grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    upright = find_faces(cv2, grey, TURNS)
    faces = found_clearly(upright) or found_clearly(find_faces(cv2, grey, STEEPER)) or upright
    if not faces:
        raise ImageError(
            "No face was found in the photo: give the square by hand, or take the middle one."
        )
    return scaled(mean_square(largest(faces)), max(photo.size) / max(grey.shape))


def find_faces(cv2: Any, grey: Grey, turns: Sequence[float]) -> list[list[Detection]]:
    """Find faces that are turned by about these degrees: each a group of detections."""
    groups: list[list[Detection]] = []
    found = [each for degrees in turns for each in _detect(cv2, grey, degrees)]
    for detection in sorted(found, key=lambda each: -each.support):
        same = (group for group in groups if _is_same(group[0], detection))
        group = next(same, None)
        if group is None:
            groups.append([detection])
        else:
            group.append(detection)
    return [group for group in groups if _support(group) >= FAINT]


def found_clearly(faces: Sequence[list[Detection]]) -> list[list[Detection]]:
    """Keep the faces that were found often enough to be no mistake."""
    return [face for face in faces if _support(face) >= CLEAR]


def largest(faces: Sequence[list[Detection]]) -> list[Detection]:
    """Choose the largest face among those that are found clearly."""
    clearest = max(map(_support, faces))
    clear = [face for face in faces if _support(face) >= RIVAL * clearest]
    return max(clear, key=lambda face: mean_square(face).side)


def mean_square(face: Sequence[Detection]) -> Square:
    """Average the detections of one face, by their support.

    Args:
        face: At least one; their rotations are close to each other.
    """
    weights = np.array([each.support for each in face], dtype=np.float64)
    weights /= weights.sum()

    def mean(values: Sequence[float]) -> float:
        return float(weights @ np.asarray(values))

    rotation = mean([each.rotation for each in face])
    side = math.exp(mean([math.log(each.side) for each in face]))
    right, down = turn((0.0, -ABOVE * side), rotation)
    x, y = mean([each.x for each in face]), mean([each.y for each in face])
    return Square(x=x + right, y=y + down, side=max(1.0, side), rotation=rotation)


def scaled(square: Square, scale: float) -> Square:
    """Find the same square in a picture that is so many times larger."""
    return Square(
        x=square.x * scale,
        y=square.y * scale,
        side=square.side * scale,
        rotation=square.rotation,
    )


def _support(face: Sequence[Detection]) -> int:
    return sum(each.support for each in face)


def _is_same(one: Detection, other: Detection) -> bool:
    """Whether two detections are of the same face."""
    is_near = math.hypot(one.x - other.x, one.y - other.y) <= SAME_PLACE * one.side
    is_alike = abs(one.rotation - other.rotation) <= SAME_TURN
    return is_near and is_alike and 1 / SAME_SIZE <= one.side / other.side <= SAME_SIZE


def _detect(cv2: Any, grey: Grey, degrees: float) -> Iterator[Detection]:
    """Find faces that are turned clockwise by about these degrees."""
    least = max(LEAST_PIXELS, round(min(grey.shape) * LEAST_FACE))
    turned, back = _turned(cv2, grey, degrees)
    for name, width in CASCADES.items():
        boxes, counts = _cascade(cv2, name).detectMultiScale2(
            turned, scaleFactor=STEP, minNeighbors=1, minSize=(least, least)
        )
        for box, count in zip(boxes, counts, strict=True):
            x, y = back @ (box[0] + box[2] / 2, box[1] + box[3] / 2, 1.0)
            yield Detection(
                x=float(x),
                y=float(y),
                side=float(box[2]) / width,
                rotation=degrees,
                support=int(count),
            )


def _cascade(cv2: Any, name: str) -> Any:
    """Read a cascade's file, once in each thread: a cascade searches one picture at a time."""
    known = vars(_cascades)
    if name not in known:
        known[name] = cv2.CascadeClassifier(cv2.data.haarcascades + name)
    return known[name]


def _turned(cv2: Any, grey: Grey, degrees: float) -> tuple[Grey, Float64[np.ndarray, "2 3"]]:
    """Turn a picture anticlockwise onto a canvas that holds all of it; give the way back too."""
    if not degrees:
        return grey, np.eye(2, 3)
    rows, columns = grey.shape
    angle = math.radians(degrees)
    cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
    size = math.ceil(columns * cos + rows * sin), math.ceil(rows * cos + columns * sin)
    there = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1.0)
    there[:, 2] += (size[0] - columns) / 2, (size[1] - rows) / 2
    turned = cv2.warpAffine(grey, there, size, borderMode=cv2.BORDER_REPLICATE)
    return turned, cv2.invertAffineTransform(there)


def _opencv() -> Any:
    try:
        cv2 = import_module("cv2")
    except ModuleNotFoundError:
        raise MissingExtraError("OpenCV", "faces") from None
    if not hasattr(cv2, "CascadeClassifier"):  # OpenCV 5 comes without
        raise MissingExtraError("OpenCV 4", "faces")
    return cv2
