"""Spherical k-means: groups of vectors that point the same way."""

import numpy as np
from jaxtyping import Float, Int

from stylemapgan.errors import EditError

Vectors = Float[np.ndarray, "count channels"]
Centroids = Float[np.ndarray, "clusters channels"]

MOST_ROUNDS = 100
"""Rounds after which a start is given up for settled."""
SETTLED = 1e-6
"""Gain of the mean cosine in one round below which nothing more is to be expected."""


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale every vector to length 1; those of length 0 stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def spherical_kmeans(
    vectors: Vectors, count: int, random: np.random.Generator, starts: int = 4
) -> tuple[Centroids, float]:
    """Find the directions around which vectors gather.

    Args:
        vectors: Of length 1.
        count: How many groups.
        random: Decides where the searches start.
        starts: How often to search; the best result counts.

    Returns:
        Centroids of length 1, no two of them equal, and the mean cosine between each vector and
        its centroid.

    Raises:
        EditError: There are fewer different vectors than groups.

    Source: Dhillon and Modha, Machine Learning 42, 2001; the start is k-means++ (Arthur and
        Vassilvitskii, SODA 2007).
    """
    found = [_search(vectors, _spread_out(vectors, count, random)) for _ in range(starts)]
    return max(found, key=lambda result: result[1])


def nearest(vectors: Vectors, centroids: Centroids) -> Int[np.ndarray, " count"]:
    """Find the centroid that points most nearly the same way; the first of equals."""
    return np.argmax(vectors @ centroids.T, axis=1)


def _spread_out(vectors: Vectors, count: int, random: np.random.Generator) -> Centroids:
    """Choose vectors far from each other: each with a chance as its distance from those before."""
    chosen = [int(random.integers(len(vectors)))]
    closest = vectors @ vectors[chosen[0]]
    while len(chosen) < count:
        distance = np.clip(1 - closest.astype(np.float64), 0, None)
        distance[distance < SETTLED] = 0  # equal but for rounding
        if not distance.any():
            raise EditError(
                f"{count} groups need at least as many different features, there are "
                f"{len(chosen)}: use more photos or fewer parts."
            )
        chosen.append(int(random.choice(len(vectors), p=distance / distance.sum())))
        closest = np.maximum(closest, vectors @ vectors[chosen[-1]])
    return vectors[chosen]


def _search(vectors: Vectors, centroids: Centroids) -> tuple[Centroids, float]:
    """Assign vectors and move centroids by turns until nothing gets better."""
    before = -np.inf
    for _ in range(MOST_ROUNDS):
        cosines = vectors @ centroids.T  # (count, clusters)
        owners = np.argmax(cosines, axis=1)
        fit = cosines[np.arange(len(vectors)), owners]
        mean = float(fit.mean(dtype=np.float64))
        if mean - before < SETTLED:
            break
        before = mean
        centroids = _move(vectors, owners, fit, len(centroids))
    return centroids, float(np.max(vectors @ centroids.T, axis=1).mean(dtype=np.float64))


def _move(
    vectors: Vectors, owners: Int[np.ndarray, " count"], fit: np.ndarray, count: int
) -> Centroids:
    """Point each centroid along the sum of its vectors; one without any takes the worst fit."""
    is_owner = (owners[:, None] == np.arange(count)).astype(vectors.dtype)  # (count, clusters)
    sums = is_owner.T @ vectors  # (clusters, channels)
    empty = np.flatnonzero(np.linalg.norm(sums, axis=1) < SETTLED)
    worst = np.argsort(fit, kind="stable")[: len(empty)]
    sums[empty] = vectors[worst]
    return unit_rows(sums)
