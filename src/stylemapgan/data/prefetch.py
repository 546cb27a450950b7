"""Prepare the next batch while the current one trains."""

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeAlias

import numpy as np
from jaxtyping import Float32

from stylemapgan.data.abstract import AbstractPhotos
from stylemapgan.types import WHOLE, Share

Pending: TypeAlias = Future[Float32[np.ndarray, "rows 3 size size"]]


class Prefetcher:
    """Returns batches one after another, and prepares the next in a background thread.

    The batches equal those of `photos.batch`.

    Args:
        photos: Source of the batches.
        batch: Images in the whole batch.
        share: Which of them this process trains on.
        seed: Determines the order.
    """

    def __init__(
        self, photos: AbstractPhotos, batch: int, share: Share = WHOLE, seed: int = 0
    ) -> None:
        self.photos = photos
        self.batch_size = batch
        self.share = share
        self.seed = seed
        self._thread: ThreadPoolExecutor | None = None
        self._ahead: tuple[int, Pending] | None = None

    def take(self, images_seen: int) -> Float32[np.ndarray, "rows 3 size size"]:
        """Return the batch that starts after `images_seen` images, and begin the next one.

        An error in the background is raised when its batch is taken.
        """
        ahead, self._ahead = self._ahead, None
        if ahead is None or ahead[0] != images_seen:
            ahead = images_seen, self._begin(images_seen)
        photos = ahead[1].result()
        following = images_seen + self.batch_size
        self._ahead = following, self._begin(following)
        return photos

    def close(self) -> None:
        """End the thread after its current batch; `take` would start another."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
        self._thread, self._ahead = None, None

    def __enter__(self) -> "Prefetcher":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _begin(self, images_seen: int) -> Pending:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="prefetch")
        return self._thread.submit(
            self.photos.batch, images_seen, self.batch_size, self.share, self.seed
        )
