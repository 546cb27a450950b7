"""Landmarks of portraits: 468 points of a face mesh, and masks of the parts between them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float64
from PIL import Image, ImageDraw

from stylemapgan.errors import DataError

FILE = "landmarks.npz"
SIZE = 512
"""Height and width of the pictures that landmarks are measured in, in pixels."""
POINTS = 468
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
LEFT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
RIGHT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
NOSE = (168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 129, 358, 64, 294, 48, 278, 94)
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
    *(148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
TEMPLES = (127, 356)
RIGID = (33, 133, 362, 263, 168, 6, 197, 151, 9, 10)
"""Corners of the eyes, bridge of the nose and forehead: a smile hardly moves them."""
MARGIN = 16.0
"""Pixels that a part reaches beyond its landmarks."""

Points = Float[np.ndarray, "468 2"]
"""To the right and down, in pixels of a picture of `SIZE`."""
Region = Bool[np.ndarray, "512 512"]


def read_landmarks(folder: Path) -> Mapping[str, Points]:
    """Read the landmarks of portraits by the names of their files, without suffix.

    Args:
        folder: Holds `landmarks.npz`.

    Raises:
        DataError: It is damaged, or holds something else.
    """
    path = folder / FILE
    try:
        with np.load(path, allow_pickle=False) as found:
            landmarks = {name: found[name] for name in found.files}
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}).") from None
    for name, points in landmarks.items():
        if points.shape != (POINTS, 2) or not np.isfinite(points).all():
            raise DataError(
                f"{path} must hold {POINTS} points (right, down) for each portrait, got "
                f"{points.shape} for {name}."
            )
    return landmarks


def hull(points: Points, of: Sequence[int], margin: float = MARGIN) -> Region:
    """Fill the convex hull of some landmarks, and what lies within a margin of it.

    Args:
        points: All landmarks.
        of: Which ones.
        margin: In pixels.
    """
    from scipy.spatial import ConvexHull

    chosen = points[list(of)].astype(np.float64)
    corners = [tuple(map(float, chosen[row])) for row in ConvexHull(chosen).vertices]
    picture = Image.new("1", (SIZE, SIZE))
    pen = ImageDraw.Draw(picture)
    pen.polygon(corners, fill=1)
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        pen.line([start, end], fill=1, width=round(2 * margin))
    for x, y in corners:
        pen.ellipse((x - margin, y - margin, x + margin, y + margin), fill=1)
    return np.asarray(picture).astype(bool)


def mouth(points: Points) -> Region:
    """Cover the lips."""
    return hull(points, LIPS)


def eyes(points: Points) -> Region:
    """Cover both eyes, without the brows."""
    return hull(points, LEFT_EYE, MARGIN / 2) | hull(points, RIGHT_EYE, MARGIN / 2)


def nose(points: Points) -> Region:
    """Cover the nose from between the eyes down."""
    return hull(points, NOSE, MARGIN / 2)


def inner_face(points: Points) -> Region:
    """Cover brows, eyes, nose and mouth."""
    return hull(points, (*BROWS, *LEFT_EYE, *RIGHT_EYE, *LIPS))


def hair(points: Points) -> Region:
    """Cover everything above the temples but the face itself."""
    rows = np.arange(SIZE)[:, None]
    above = rows < points[list(TEMPLES), 1].mean()
    return above & ~hull(points, OVAL, 0.0)


def half(points: Points) -> Region:
    """Cover the right half of the picture."""
    del points
    return np.broadcast_to(np.arange(SIZE) >= SIZE // 2, (SIZE, SIZE))


PARTS = {
    "eyes": eyes,
    "mouth": mouth,
    "nose": nose,
    "hair": hair,
    "inner face": inner_face,
    "half": half,
}
"""Name → where it lies in a portrait."""


def similarity(
    start: Float64[np.ndarray, "points 2"], end: Float64[np.ndarray, "points 2"]
) -> Float64[np.ndarray, "2 3"]:
    """Find the turn, scale and shift that bring points closest to others, by least squares.

    Returns:
        A matrix for (x, y, 1).

    Source: Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", PAMI 1991.
    """
    middle, goal = start.mean(axis=0), end.mean(axis=0)
    ours, theirs = start - middle, end - goal
    left, lengths, right = np.linalg.svd(theirs.T @ ours)
    signs = np.array([1.0, np.sign(np.linalg.det(left @ right))])
    matrix = (left * signs) @ right * float((lengths * signs).sum() / np.square(ours).sum())
    return np.concatenate([matrix, (goal - matrix @ middle)[:, None]], axis=1)
