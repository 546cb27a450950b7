"""Which photos to take: those of a batch, or a few spread evenly over all."""

from functools import lru_cache

import numpy as np
from jaxtyping import Int64


def batch_indices(
    count: int, batch: int, images_seen: int, seed: int
) -> Int64[np.ndarray, "batch"]:
    """Choose the photos of the batch that starts after `images_seen` images.

    Every epoch shows each photo once, in its own order; an epoch may end inside a batch. The
    result depends on the arguments alone, so a resumed run sees the same batches as an
    uninterrupted one.

    Args:
        count: Photos in the set.
        batch: Photos in the batch; may exceed `count`.
        images_seen: Photos shown so far.
        seed: Decides the order.
    """
    positions = np.arange(images_seen, images_seen + batch)
    epochs, within = np.divmod(positions, count)
    indices = np.empty(batch, dtype=np.int64)
    for epoch in np.unique(epochs):
        here = epochs == epoch
        indices[here] = _epoch_order(count, int(epoch), seed)[within[here]]
    return indices


def spread_rows(total: int, most: int) -> Int64[np.ndarray, "rows"]:
    """Choose rows spread evenly over all, the first and the last included.

    Args:
        total: Rows to choose from.
        most: Rows to choose; all of them where there are fewer.

    Returns:
        Ascending indices from 0 to `total - 1`, all different.
    """
    return np.linspace(0, total - 1, min(total, most)).round().astype(np.int64)


@lru_cache(maxsize=4)  # shuffling a million photos for each batch would take longer than a step
def _epoch_order(count: int, epoch: int, seed: int) -> Int64[np.ndarray, "count"]:
    order = np.random.default_rng((seed, epoch)).permutation(count)
    order.setflags(write=False)
    return order
