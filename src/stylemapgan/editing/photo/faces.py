"""Find the square around a face."""

import math
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import UInt8

from stylemapgan.editing.photo.full_photo import FullPhoto
from stylemapgan.editing.photo.square import Square
from stylemapgan.errors import ImageError, MissingExtraError

LONGEST = 800
"""Pixels of the longer side of the picture that is searched."""
LEAST_FACE = 1 / 12
"""Smallest face, as a share of the photo's shorter side."""
SIDE = 4.0
"""Side of the square in distances between the eyes."""
BELOW = 0.1
"""How far the square's centre lies below the eyes, in the same distances."""
STEEPEST = 30.0
"""Degrees by which a pair of eyes may be turned; more is a mistake of the detector."""
USUAL_DISTANCE, USUAL_HEIGHT = 0.42, 0.39
"""Where eyes are in the detector's box: how far apart, and how far from its top."""

Box = tuple[int, int, int, int]
"""Left edge, top edge, width and height."""
Point = tuple[float, float]


def face_square(photo: FullPhoto) -> Square:
    """Find the square around the largest face, turned as the face is.

    The framing is that of CelebA-HQ, from the distance between the eyes. Where the eyes are
    not found, such as behind sunglasses, the face's own box stands in, without rotation.

    Raises:
        ImageError: No face is found.
        MissingExtraError: OpenCV is not installed.

    Source: Karras et al., Progressive Growing of GANs, ICLR 2018, appendix C; Viola and Jones,
    CVPR 2001.
    """
    cv2 = _opencv()
    pixels = photo.upright_srgb(LONGEST)
    grey: UInt8[np.ndarray, "rows columns"] = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    least = max(20, round(min(grey.shape) * LEAST_FACE))
    faces = _detect(cv2, "haarcascade_frontalface_default.xml", grey, least)
    if not faces:
        raise ImageError(
            "No face was found in the photo: give the square by hand, or take the middle one."
        )
    face = max(faces, key=lambda box: box[2])
    left, right = _eyes(cv2, grey, face)
    scale = max(photo.size) / max(grey.shape)
    return frame_eyes(left, right, scale)


def frame_eyes(left: Point, right: Point, scale: float) -> Square:
    """Frame a face by its eyes, left and right as seen."""
    across, down = right[0] - left[0], right[1] - left[1]
    return Square(  # below the eyes as the face sees it
        x=((left[0] + right[0]) / 2 - BELOW * down) * scale,
        y=((left[1] + right[1]) / 2 + BELOW * across) * scale,
        side=SIDE * math.hypot(across, down) * scale,
        rotation=math.degrees(math.atan2(down, across)),
    )


def _eyes(cv2: Any, grey: UInt8[np.ndarray, "rows columns"], face: Box) -> tuple[Point, Point]:
    """Find the eyes of a face; where that fails, where they usually are."""
    x, y, width, height = face
    upper = grey[y : y + round(height * 0.6), x : x + width]
    found = _detect(cv2, "haarcascade_eye_tree_eyeglasses.xml", upper, width // 8)
    centres = [(x + box[0] + box[2] / 2, y + box[1] + box[3] / 2) for box in found]
    middle = x + width / 2
    lefts = [point for point in centres if point[0] < middle]
    rights = [point for point in centres if point[0] > middle]
    pairs = [(a, b) for a in lefts for b in rights if _is_plausible(a, b, width)]
    if pairs:
        return min(pairs, key=lambda pair: abs(pair[0][1] - pair[1][1]))
    reach, level = USUAL_DISTANCE * width / 2, y + USUAL_HEIGHT * height
    return (middle - reach, level), (middle + reach, level)


def _is_plausible(left: Point, right: Point, width: int) -> bool:
    """Whether two points can be the eyes of a face of this width."""
    across, down = right[0] - left[0], right[1] - left[1]
    is_level = abs(down) <= math.tan(math.radians(STEEPEST)) * across
    return is_level and 0.25 * width <= math.hypot(across, down) <= 0.65 * width


def _detect(cv2: Any, name: str, grey: UInt8[np.ndarray, "rows columns"], least: int) -> list[Box]:
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + name)
    found = cascade.detectMultiScale(
        grey, scaleFactor=1.1, minNeighbors=5, minSize=(max(1, least), max(1, least))
    )
    return [(int(x), int(y), int(width), int(height)) for x, y, width, height in found]


def _opencv() -> Any:
    try:
        cv2 = import_module("cv2")
    except ModuleNotFoundError:
        raise MissingExtraError("OpenCV", "faces") from None
    if not hasattr(cv2, "CascadeClassifier"):  # OpenCV 5 comes without
        raise MissingExtraError("OpenCV 4", "faces")
    return cv2
