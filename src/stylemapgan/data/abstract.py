"""What training needs of photos, wherever they come from."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from stylemapgan.types import Share


@dataclass(frozen=True)
class Skipped:
    """A file that cannot be used as a photo."""

    path: str
    """Relative to the folder, or as its source names it."""
    reason: str
    """Continues a sentence that begins with the path."""


class AbstractPhotos(ABC):
    """Photos of one size, in an endless order that a seed determines."""

    skipped: tuple[Skipped, ...]
    """Unusable files found so far."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Height and width, in pixels."""

    @abstractmethod
    def __len__(self) -> int:
        """Count the photos of an epoch."""

    @abstractmethod
    def batch(
        self, images_seen: int, batch: int, share: Share, seed: int
    ) -> Float32[np.ndarray, "rows 3 size size"]:
        """Copy out a share of one batch.

        The result depends on the arguments alone, so a resumed run sees the same batches as an
        uninterrupted one.

        Args:
            images_seen: Images shown before this batch, by all processes together.
            batch: Images in the whole batch.
            share: Which of them to return.
            seed: Determines the order.
        """

    @abstractmethod
    def spread(self, most: int, rows: int) -> Iterator[Float32[np.ndarray, "rows 3 size size"]]:
        """Copy out photos spread evenly over all, one batch at a time, the same in every call.

        Args:
            most: Number of photos, or all where there are fewer.
            rows: Photos in a batch; the last may have fewer.
        """

    @abstractmethod
    def close(self) -> None:
        """End background threads; no batch can be read afterwards."""
