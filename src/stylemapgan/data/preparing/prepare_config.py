"""How to prepare pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stylemapgan.errors import DataError

SMALLEST_SIZE = 16
"""Smaller pictures differ too little to recognise copies."""
LARGEST_SIZE = 8192
LARGEST_DISTANCE = 7
"""Of 64 bits; beyond it most of the pairs found are not copies."""

Form = Literal["folder", "zip", "shards"]
Format = Literal["png", "jpeg", "webp"]


@dataclass(frozen=True, kw_only=True)
class PrepareConfig:
    """How to prepare pictures; the same configuration and pictures give the same bytes."""

    size: int = 256
    """Height and width of prepared pictures, in pixels."""
    into: Form = "folder"
    """Form of each part: a folder, a zip archive or WebDataset shards."""
    shard_pictures: int = 1000
    """Pictures in each shard."""
    format: Format = "png"
    """Format of prepared pictures: png is lossless, jpeg and webp have a quality of 95."""
    validation: float = 0.05
    """Share of the pictures in the part val."""
    test: float = 0.0
    """Share of the pictures in the part test."""
    split_by: str = "file"
    """Which pictures stay in one part: file (each alone), folder (all of a folder), or the name of
    a column of the labels, such as participant (all with the same value)."""
    labels: Path | None = None
    """Table with a row for each picture, .csv or .jsonl; its column file, filename, name, image or
    path, else the first, names the picture."""
    seed: int = 0
    """Seed of the split."""
    duplicate_distance: int = 2
    """Bits in which the hashes of near duplicates may differ, of 64."""
    drop_duplicates: bool = False
    """Keep only the first of each group of near duplicates."""

    def __post_init__(self) -> None:
        if not SMALLEST_SIZE <= self.size <= LARGEST_SIZE:
            raise DataError(
                f"size must be from {SMALLEST_SIZE} to {LARGEST_SIZE} pixels, got {self.size}."
            )
        if self.shard_pictures < 1:
            raise DataError(f"shard_pictures must be at least 1, got {self.shard_pictures}.")
        if min(self.validation, self.test) < 0 or not self.validation + self.test < 1:
            raise DataError(
                "validation and test must be shares from 0 to 1 whose sum is below 1, got "
                f"{self.validation} and {self.test}."
            )
        if not 0 <= self.duplicate_distance <= LARGEST_DISTANCE:
            raise DataError(
                f"duplicate_distance must be 0 to {LARGEST_DISTANCE}, "
                f"got {self.duplicate_distance}."
            )
        if self.needs_labels and self.labels is None:
            raise DataError(
                f"Splitting by {self.split_by!r} needs a table with that column: set labels."
            )

    @property
    def needs_labels(self) -> bool:
        """Whether the split follows a column of the labels."""
        return self.split_by not in ("file", "folder")
