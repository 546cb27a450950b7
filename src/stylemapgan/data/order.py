"""Which photos a batch holds, as a pure function of how many were seen before."""

from functools import lru_cache

import numpy as np
from jaxtyping import Int64


def batch_indices(
    count: int, batch: int, images_seen: int, seed: int
) -> Int64[np.ndarray, "batch"]:
    """Choose the photos of the batch that starts after `images_seen` images.

    Every epoch shows each photo once, in an order of its own; an epoch may end inside a
    batch. Nothing is remembered between calls, so a resumed run sees what an uninterrupted
    one would have seen.

    Args:
        count: Photos in the set.
        batch: Photos in the batch; may be more than there are.
        images_seen: Photos shown so far.
        seed: Decides the order.
    """
    positions = np.arange(images_seen, images_seen + batch)
    epochs, places = np.divmod(positions, count)
    indices = np.empty(batch, dtype=np.int64)
    for epoch in np.unique(epochs):
        here = epochs == epoch
        indices[here] = _epoch_order(count, int(epoch), seed)[places[here]]
    return indices


@lru_cache(maxsize=4)  # shuffling a million photos for each batch would take longer than a step
def _epoch_order(count: int, epoch: int, seed: int) -> Int64[np.ndarray, "count"]:
    order = np.random.default_rng((seed, epoch)).permutation(count)
    order.setflags(write=False)
    return order
