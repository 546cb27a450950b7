"""A portrait in a wide picture that smiles and stops smiling, seen by a moving camera."""

import math
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.clips.moving_pictures import MovingPicture, Pose, field_between

SIZE = (720, 1280)
"""Height and width of the clip."""
SIDE = 640
"""Of the portrait in it, in pixels; it ends at the lower edge."""
LANDMARKS_SIDE = 512
"""Pixels of the pictures that landmarks belong to."""
REACH = 14.0
"""Pixels over which the motion of a landmark spreads."""
SHIFT = (8.0, 30.0)
"""How far the camera moves to both sides, down and to the right, in pixels."""
PERIODS = (3.1, 4.3)
"""Seconds of that movement there and back."""
SMILE = 4.0
"""Seconds from neutral to smiling and back."""
NOISE = 1.5
"""Standard deviation of the camera's noise, in levels of 255."""


def smiling_portrait(
    faces: Path, person: str, frames: int, rate: float, *, moves: bool = True
) -> MovingPicture:
    """Make a portrait that smiles.

    Args:
        faces: Folder with train/, val/ and landmarks.npz.
        person: Such as 005.
        frames: Length of the clip.
        rate: Frames a second.
        moves: Whether person and camera move; only the noise changes otherwise.
    """
    landmarks = np.load(faces / "landmarks.npz")
    before, after = (
        _placed(landmarks[f"{person}_{expression}"]) for expression in ("neutral", "smiling")
    )
    times = [number / rate for number in range(frames)]
    return MovingPicture(
        picture=_canvas(faces / "val" / f"{person}_neutral.jpg"),
        field=field_between(before, after, SIZE, REACH),
        poses=[_pose(time) if moves else Pose(0.0) for time in times],
        noise=NOISE,
    )


def _pose(time: float) -> Pose:
    turns = [2 * math.pi * time / period for period in PERIODS]
    down, right = (most * math.sin(turn) for most, turn in zip(SHIFT, turns, strict=True))
    return Pose(amount=0.5 - 0.5 * math.cos(2 * math.pi * time / SMILE), shift=(down, right))


def _placed(points: np.ndarray) -> np.ndarray:
    """Bring landmarks, to the right and down, to the clip: down and to the right."""
    corner = SIZE[0] - SIDE, (SIZE[1] - SIDE) // 2
    return points[:, ::-1].astype(np.float64) * SIDE / LANDMARKS_SIDE + corner


def _canvas(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        portrait = np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    side = (SIZE[1] - SIDE) // 2
    return np.pad(portrait, ((SIZE[0] - SIDE, 0), (side, side), (0, 0)), mode="edge")
