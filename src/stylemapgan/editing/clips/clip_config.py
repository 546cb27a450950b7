"""How an edit is carried out on a clip."""

from dataclasses import dataclass

from stylemapgan.config.ranges import Range
from stylemapgan.editing.photo import Find
from stylemapgan.errors import ConfigError

SMOOTHING = Range("smoothing", 0, 0.5, "seconds")
QUALITY = Range("quality", 0, 100)


@dataclass(frozen=True, kw_only=True)
class ClipConfig:
    """How an edit is carried out on a clip."""

    smoothing: float = 0.1
    """Standard deviation of the Gaussian, in seconds, over which what the edit adds is averaged,
    along the motion of the picture; 0 leaves each frame alone."""
    find: Find | None = None
    """Which square of a frame the model sees, looked for once a second: in its middle, around
    what stands out, or around a face. Default: around the face for models of faces, otherwise
    foreground."""
    refine_square: bool = True
    """Refine squares around faces by the model's own view of them, if the model can."""
    detail: bool = True
    """Take pixels from the references' photos where the model agrees."""
    codec: str | None = None
    """Encoder of the frames: libsvtav1, libvpx-vp9, mpeg4, ffv1 (lossless), libx264 or libx265.
    Default: libsvtav1 for .mp4 and .mkv, libvpx-vp9 for .webm, mpeg4 for .mov."""
    quality: int = 70
    """Of the encoder, from 0 to 100; a .webp of 100 is lossless."""
    tag: bool = True
    """Note inside the file that a trained algorithm composed it, with model and settings."""

    def __post_init__(self) -> None:
        SMOOTHING.refuse(self.smoothing, ConfigError)
        QUALITY.refuse(self.quality, ConfigError)
