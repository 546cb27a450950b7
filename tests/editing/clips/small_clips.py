"""Small clips, and a look at what became of them."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from benchmarks.clips.clip_files import write_clip
from benchmarks.clips.moving_pictures import MovingPicture, Pose
from PIL import Image

from stylemapgan.editing.clips import ClipConfig

RATE = Fraction(5)
"""Frames a second: ten in a segment."""
IN_THE_MIDDLE = ClipConfig(find="middle", codec="ffv1")
"""Lossless, so that results can be compared bit by bit."""


def clouds(seed: int, height: int, width: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def moving(frames: int, height: int = 40, width: int = 60, noise: float = 2.0) -> MovingPicture:
    """Clouds that drift and stretch, with noise."""
    rows, columns = np.indices((height, width))
    field = np.stack([2 * np.sin(columns / 9), 2 * np.cos(rows / 7)])
    poses = [Pose(amount=number / 10, shift=(0.0, number / 5)) for number in range(frames)]
    return MovingPicture(clouds(3, height, width), field, poses, noise)


def lossless(path: Path, frames: list[np.ndarray], **more) -> Path:
    """Write a clip that holds exactly the samples it was given."""
    write_clip(path, frames, RATE, codec="ffv1", **more)
    return path


def planes(path: Path) -> list[list[np.ndarray]]:
    """Decode all frames as the file's own samples, plane by plane."""
    with av.open(str(path)) as file:
        return [
            [samples(plane, frame.format.components[0].bits) for plane in frame.planes]
            for frame in file.decode(video=0)
        ]


def samples(plane: Any, bits: int) -> np.ndarray:
    found = np.frombuffer(plane, np.uint16 if bits > 8 else np.uint8)
    return found.reshape(plane.height, -1)[:, : plane.width].copy()


def starts(path: Path) -> list[Fraction]:
    with av.open(str(path)) as file:
        return [seconds(frame) for frame in file.decode(video=0)]


def seconds(timed: Any) -> Fraction:
    """Tell when a frame or a packet begins."""
    return timed.pts * timed.time_base


def sound(path: Path) -> list[tuple[Fraction, bytes]]:
    """List packets of sound with their times."""
    with av.open(str(path)) as file:
        packets = [packet for packet in file.demux(audio=0) if packet.dts is not None]
        return [(seconds(packet), bytes(packet)) for packet in packets]
