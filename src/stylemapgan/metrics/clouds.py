"""How similar two sets of pictures are, as clouds of features.

Fréchet distance, kernel distance, precision and recall.

All of them take features of any network, one row a picture. Figures of different networks are
different figures, and their names must say which: only the Fréchet distance of Inception's features
(Heusel et al., NeurIPS 2017) is called FID, only their kernel distance KID.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from stylemapgan.features.efficientnet import EfficientNetLite0
from stylemapgan.features.inception import FIDInception, clean_resize
from stylemapgan.features.perceptual import enlarge
from stylemapgan.types import Array

FRECHET_NAME = "Fréchet distance (EfficientNet-Lite0)"
FID_NAME = "FID (Inception v3 2015-12-05, clean resize)"
"""Only what comes of `inception_features` may be called so."""
CHUNK = 2_000
"""Rows compared with a whole set at once: memory stays bounded, results stay the same."""
NEIGHBOUR = 3
"""Whose distance is the radius of a picture's ball: its third nearest."""

ROUNDING = 1e-12
"""Error of a squared distance made of products, relative to the squared lengths of its ends."""

Points = Float[np.ndarray, "_ features"]


@dataclass(frozen=True, eq=False)
class Cloud:
    """Mean and covariance of features."""

    mean: Float[np.ndarray, " features"]
    covariance: Float[np.ndarray, "features features"]
    count: int


def measure_cloud(features: Float[np.ndarray, "pictures features"]) -> Cloud:
    """Summarise features, in float64.

    Raises:
        ValueError: Fewer than two pictures have no spread.
    """
    if len(features) < 2:
        raise ValueError(f"A cloud needs at least 2 pictures, got {len(features)}.")
    features = features.astype(np.float64)
    return Cloud(features.mean(axis=0), np.cov(features, rowvar=False), len(features))


def frechet_distance(one: Cloud, other: Cloud) -> float:
    """|m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½): 0 for equal clouds, never below.

    The trace of the root is the sum of the roots of the eigenvalues of C1^½ C2 C1^½, which is
    symmetric: no complex numbers appear, even where there are fewer pictures than features.
    """
    values, vectors = np.linalg.eigh(one.covariance)
    root = vectors * np.sqrt(np.clip(values, 0, None)) @ vectors.T
    middle = root @ other.covariance @ root
    shared = np.sqrt(np.clip(np.linalg.eigvalsh(middle), 0, None)).sum()
    apart = np.square(one.mean - other.mean).sum()
    spreads = np.trace(one.covariance) + np.trace(other.covariance)
    return float(max(apart + spreads - 2 * shared, 0.0))


@torch.inference_mode()
def pooled_features(
    network: EfficientNetLite0, batches: Iterable[Tensor]
) -> Float[np.ndarray, "pictures features"]:
    """Average the features of the last block over positions: 320 numbers a picture.

    Small pictures are enlarged to 128 pixels first, bilinearly.

    Args:
        network: EfficientNet-Lite0 with its ImageNet weights.
        batches: RGB in [-1, 1], each (batch, 3, height, width).
    """
    pooled = [
        network(enlarge(images))[-1].float().mean(dim=(2, 3)).cpu().numpy() for images in batches
    ]
    return np.concatenate(pooled)


@torch.inference_mode()
def inception_features(
    network: FIDInception, batches: Iterable[Array], device: str | torch.device = "cpu"
) -> Float[np.ndarray, "pictures features"]:
    """Compute the 2048 numbers a picture that FID is made of, with the clean resize.

    Args:
        network: Inception v3 with FID's weights, on that device.
        batches: RGB in [-1, 1], each (batch, 3, height, width).
        device: Where the network is.
    """
    features = [
        network(torch.from_numpy(clean_resize(images)).to(device)).float().cpu().numpy()
        for images in batches
    ]
    return np.concatenate(features)


@dataclass(frozen=True)
class Coverage:
    """What two sets have in common."""

    precision: float
    """Share of generated pictures that look like real ones: quality."""
    recall: float
    """Share of real pictures that resemble generated ones: variety."""


def kernel_distance(one: Points, other: Points) -> float:
    """Kernel distance (KID with Inception's features): 0 on average for sets of one kind.

    The unbiased estimate of the squared maximum mean discrepancy with the kernel
    (x·y / features + 1)³, from all pairs at once. It has the same expectation as the mean over
    subsets that is often printed, with less noise; being unbiased, it can fall below 0, and sets
    of different sizes compare. Not multiplied by 1000.

    Raises:
        ValueError: A set has fewer than two pictures.

    Source: Bińkowski et al., "Demystifying MMD GANs", ICLR 2018; Gretton
    et al., JMLR 13, 2012, lemma 6.
    """
    _refuse_fewer_than(2, one, other)
    a, b = one.astype(np.float64), other.astype(np.float64)
    within = _mean_kernel_within(a) + _mean_kernel_within(b)
    across = sum(_kernel(rows, b).sum() for rows in _chunks(a)) / (len(a) * len(b))
    return float(within - 2 * across)


def precision_recall(real: Points, generated: Points, neighbour: int = NEIGHBOUR) -> Coverage:
    """Compare two sets by which pictures lie within each other's reach.

    Around each picture of a set lies a ball that reaches to its third nearest neighbour in the
    set. Precision is the share of generated pictures inside some ball of the real ones; recall
    the share of real pictures inside some ball of the generated ones. Both depend on how many
    pictures there are: compare figures of equal counts only.

    Args:
        real: Features of photos.
        generated: Features of generated or edited pictures.
        neighbour: Whose distance is the radius; the picture itself does not count.

    Raises:
        ValueError: A set has no more pictures than `neighbour`.

    Source: Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative
    Models", NeurIPS 2019, equations 1 and 2.
    """
    _refuse_fewer_than(neighbour + 1, real, generated)
    a, b = real.astype(np.float64), generated.astype(np.float64)
    return Coverage(
        precision=float(_reached(b, a, _radii(a, neighbour)).mean()),
        recall=float(_reached(a, b, _radii(b, neighbour)).mean()),
    )


def _mean_kernel_within(points: Float64[np.ndarray, "pictures features"]) -> float:
    """Average the kernel over all ordered pairs of two different pictures."""
    count = len(points)
    total = sum(_kernel(rows, points).sum() for rows in _chunks(points))
    with_itself = ((np.square(points).mean(axis=1) + 1) ** 3).sum()
    return float((total - with_itself) / (count * (count - 1)))


def _kernel(
    a: Float64[np.ndarray, "rows features"], b: Float64[np.ndarray, "columns features"]
) -> Float64[np.ndarray, "rows columns"]:
    return (a @ b.T / a.shape[1] + 1) ** 3


def pair_distances(
    a: Float64[np.ndarray, "pairs features"], b: Float64[np.ndarray, "#pairs features"]
) -> Float64[np.ndarray, " pairs"]:
    """Square the distance between each point and its partner; exactly 0 for equal points.

    A pair has the same distance in either direction and beside whatever other pairs.
    """
    return np.square(a - b).sum(axis=1)


def _radii(
    points: Float64[np.ndarray, "pictures features"], neighbour: int
) -> Float64[np.ndarray, " pictures"]:
    """Squared distance from each picture to its nearest but so many, itself left out."""
    radii = []
    for start, rows in enumerate(_chunks(points)):
        squared, _ = _squared_distances(rows, points)
        own = np.arange(len(rows))
        squared[own, start * CHUNK + own] = -np.inf  # the very nearest, even beside its copies
        farthest = np.argpartition(squared, neighbour, axis=1)[:, neighbour]
        radii.append(pair_distances(rows, points[farthest]))
    return np.concatenate(radii)


def _reached(
    points: Float64[np.ndarray, "pictures features"],
    centres: Float64[np.ndarray, "balls features"],
    radii: Float64[np.ndarray, " balls"],
) -> Bool[np.ndarray, " pictures"]:
    """Tell which pictures lie inside at least one ball; squared radii.

    A picture on the edge of a ball is inside: what is too close to tell is computed pair by pair.
    """
    reached = []
    for rows in _chunks(points):
        squared, error = _squared_distances(rows, centres)
        inside = np.asarray((squared < radii - error).any(axis=1))
        for row in np.flatnonzero(~inside):
            near = np.flatnonzero(np.abs(squared[row] - radii) <= error[row])
            exact = pair_distances(centres[near], rows[row : row + 1])
            inside[row] = (exact <= radii[near]).any()
        reached.append(inside)
    return np.concatenate(reached)


def _squared_distances(
    a: Float64[np.ndarray, "rows features"], b: Float64[np.ndarray, "columns features"]
) -> tuple[Float64[np.ndarray, "rows columns"], Float64[np.ndarray, "rows columns"]]:
    """Square all distances by one product of matrices; say how wrong each may be."""
    lengths = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)
    return lengths - 2 * a @ b.T, ROUNDING * lengths


def _chunks(
    points: Float64[np.ndarray, "pictures features"],
) -> Iterator[Float64[np.ndarray, "rows features"]]:
    for start in range(0, len(points), CHUNK):
        yield points[start : start + CHUNK]


def _refuse_fewer_than(least: int, *sets: Points) -> None:
    count = min(len(points) for points in sets)
    if count < least:
        raise ValueError(f"Each set needs at least {least} pictures, got {count}.")
