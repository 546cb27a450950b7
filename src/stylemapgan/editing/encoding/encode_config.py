"""How many photos are encoded."""

from dataclasses import dataclass

from stylemapgan.config.ranges import need_positive
from stylemapgan.editing.photo import Find


@dataclass(frozen=True, kw_only=True)
class EncodeConfig:
    """How photos are encoded, and how the files are divided."""

    find: Find | None = None
    """Which square of a photo the model sees: in its middle, around what stands out, or around a
    face. Default: around the face for models of faces, otherwise foreground. A photo without a
    face is then not encoded."""
    refine_square: bool = True
    """Refine squares around faces by the model's own view of them, if the model can."""
    fit: bool = True
    """Decode each stylemap again to measure how well the model knows the photo; that is more than
    half of the work."""
    photos_per_file: int = 1024
    """Photos in each Parquet file; a killed run loses at most one file for each worker."""

    def __post_init__(self) -> None:
        need_positive(self, "photos_per_file")
