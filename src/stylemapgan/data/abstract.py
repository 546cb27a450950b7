"""What training needs of photos, wherever they come from."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32

from stylemapgan.data.cache import Skipped
from stylemapgan.types import Share


class AbstractPhotos(ABC):
    """Photos of one size, in an endless order that follows from a seed."""

    skipped: tuple[Skipped, ...]
    """What was found to be no use so far, and why."""

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
        """Copy out a share of the batch that starts after so many images.

        The result follows from the arguments alone: whoever asks again gets the same, so a
        resumed run sees what an uninterrupted one would have seen.

        Args:
            images_seen: Images shown so far, by all processes together.
            batch: Images in the whole batch.
            share: Which of them to return.
            seed: Decides the order.
        """

    @abstractmethod
    def spread(self, most: int, rows: int) -> Iterator[Float32[np.ndarray, "rows 3 size size"]]:
        """Copy out photos spread evenly over all, a few at a time, the same every time.

        Only one batch of them is in memory as floats.

        Args:
            most: Photos at most, fewer where there are fewer.
            rows: Photos at a time; the last time there may be fewer.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop what runs in the background; batches can be asked for no more."""
