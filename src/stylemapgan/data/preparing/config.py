"""What to make of pictures, and in which form."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stylemapgan.errors import DataError

SMALLEST_SIZE = 16
"""Below this, pictures no longer differ enough to tell copies apart."""
LARGEST_SIZE = 8192
LARGEST_DISTANCE = 7
"""Of 64 bits; beyond it most pairs that are found are no copies."""

Form = Literal["folder", "zip", "shards"]
Format = Literal["png", "jpeg", "webp"]


@dataclass(frozen=True, kw_only=True)
class PrepareConfig:
    """How to prepare pictures; the same settings on the same pictures give the same bytes."""

    size: int = 256
    """Height and width of prepared pictures, in pixels."""
    into: Form = "folder"
    """Form of each part: a folder, a zip archive or WebDataset shards."""
    shard_pictures: int = 1000
    """Pictures in each shard."""
    format: Format = "png"
    """Of prepared pictures: png loses nothing, jpeg and webp have a quality of 95."""
    validation: float = 0.05
    """Share of the pictures that become the part val."""
    test: float = 0.0
    """Share of the pictures that become the part test."""
    split_by: str = "file"
    """What stays together in one part: each file by itself, all files of a folder, or all that
    share a value in this column of the labels (such as participant)."""
    labels: Path | None = None
    """A table with a row for each picture, as .csv or .jsonl; a column file, filename, name,
    image or path, else the first, says which picture."""
    seed: int = 0
    """Another seed splits otherwise."""
    duplicate_distance: int = 2
    """Pictures are near duplicates if at most this many of the 64 bits of their hashes differ."""
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
                "validation and test must be shares of at least 0 that leave something to train "
                f"on, got {self.validation} and {self.test}."
            )
        if not 0 <= self.duplicate_distance <= LARGEST_DISTANCE:
            raise DataError(
                f"duplicate_distance must be 0 to {LARGEST_DISTANCE}, "
                f"got {self.duplicate_distance}."
            )
        if self.needs_labels and self.labels is None:
            raise DataError(
                f"To split by {self.split_by!r}, name the table with that column: labels."
            )

    @property
    def needs_labels(self) -> bool:
        """Whether a column of the labels decides what stays together."""
        return self.split_by not in ("file", "folder")
