"""Parts of faces: clusters of features, named by the regions they overlap."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int

from stylemapgan.editing import AbstractEditor
from stylemapgan.editing.parts import Parts
from stylemapgan.editing.parts.named_parts import describe_positions, unit_rows
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Stylemap
from tools.faces.portraits import Portrait
from tools.faces.regions import LABELS, region_maps

GROUPS = 768
"""Clusters; many small ones follow the borders of parts better."""
POSITIONS = 40_000
"""Positions of all pictures that are clustered."""
ROUNDS = 12
"""Rounds of k-means."""
BATCH = 16
POSITION_WEIGHT = 0.6
"""Weight of the position beside the features, which weigh 1."""
NAMING_MARGIN = 1.5
"""Clusters are named by regions with wider margins, so that masks cover an organ's edge."""

Vectors = Float32[np.ndarray, "positions description"]


@dataclass(frozen=True, kw_only=True)
class FoundParts:
    """Parts, and how well they agree with the regions of people unknown to them."""

    parts: Parts
    overlap: dict[str, float]
    """Label → intersection over union over all pixels of the validation portraits."""
    covered: dict[str, float]
    """Label → share of the organ itself, without any margin, that the part covers."""


def find_face_parts(
    editor: AbstractEditor, train: list[Portrait], val: list[Portrait], maps: dict[str, Stylemap]
) -> FoundParts:
    """Cluster features of training portraits, name the clusters, and measure them on `val`.

    Args:
        editor: Runs the model.
        train: Portraits to find parts in.
        val: Portraits of other people.
        maps: Split → stylemaps of its portraits.
    """
    size = editor.image_size
    positions = _positions(editor, maps["train"])
    random = np.random.default_rng(0)
    centroids = spherical_k_means(random.permutation(positions)[:POSITIONS], GROUPS)
    owners = named_by(positions, centroids, region_maps(train, size, NAMING_MARGIN))
    kept = np.unique(owners)
    parts = Parts(
        names=tuple(LABELS[each].lower() for each in kept),
        labels=tuple(LABELS[each] for each in kept),
        centroids=centroids,
        owners=np.searchsorted(kept, owners),
        position_weight=POSITION_WEIGHT,
    )
    found = label_maps(parts, editor, maps["val"])
    overlap, _ = agreement(parts, found, region_maps(val, size))
    _, covered = agreement(parts, found, region_maps(val, size, margin=0))
    return FoundParts(parts=parts, overlap=overlap, covered=covered)


def named_by(
    positions: Vectors,
    centroids: Float32[np.ndarray, "groups description"],
    truth: Int[np.ndarray, "portraits size size"],
) -> Int[np.ndarray, " groups"]:
    """Give each group the region that most pixels of its positions lie in.

    `stylemapgan.editing.parts.name_by_overlap` votes pixel by pixel, which takes minutes for so
    many groups.

    Args:
        positions: Of all portraits, row by row.
        centroids: The groups.
        truth: Index of the region at each pixel.
    """
    per_picture = len(positions) // len(truth)
    cells = round(per_picture**0.5)
    side = truth.shape[-1] // cells
    votes = np.zeros((len(centroids), len(LABELS)))
    for number, regions in enumerate(truth):
        own = positions[number * per_picture : (number + 1) * per_picture]
        owner = (own @ centroids.T).argmax(axis=1)
        pixels = regions.reshape(cells, side, cells, side).swapaxes(1, 2).reshape(per_picture, -1)
        for label in range(len(LABELS)):
            np.add.at(votes[:, label], owner, (pixels == label).sum(axis=1))
    return votes.argmax(axis=1)


def label_maps(
    parts: Parts, editor: AbstractEditor, stylemaps: Stylemap
) -> Int[np.ndarray, "portraits size size"]:
    """Find the index of the part at each pixel of many pictures."""
    batches = range(0, len(stylemaps), BATCH)
    found = [parts.label_map(editor, editor.resize(stylemaps[at : at + BATCH])) for at in batches]
    return np.concatenate(found)


def agreement(
    parts: Parts,
    found: Int[np.ndarray, "portraits size size"],
    truth: Int[np.ndarray, "portraits size size"],
) -> tuple[dict[str, float], dict[str, float]]:
    """Compare parts with regions, over all pixels of all portraits together.

    Returns:
        Label → intersection over union, and label → share of the region that the part covers.
    """
    overlap, covered = {}, {}
    for index, name in enumerate(LABELS):
        is_found = found == parts.labels.index(name) if name in parts.labels else found < 0
        is_true = truth == index
        both = (is_found & is_true).sum()
        overlap[name] = float(both / (is_found | is_true).sum())
        covered[name] = float(both / is_true.sum())
    return overlap, covered


def spherical_k_means(vectors: Vectors, count: int) -> Float32[np.ndarray, "count description"]:
    """Find the directions around which vectors of length 1 gather.

    A group without vectors starts anew at the vector that fits its own group worst.

    Source: Dhillon and Modha, Concept decompositions for large sparse text data using
    clustering, Machine Learning 42, 2001.
    """
    random = np.random.default_rng(0)
    centroids = vectors[random.choice(len(vectors), count, replace=False)]
    for _ in range(ROUNDS):
        fit = vectors @ centroids.T
        owner = fit.argmax(axis=1)
        sums = np.zeros_like(centroids)
        np.add.at(sums, owner, vectors)
        empty = np.flatnonzero(np.bincount(owner, minlength=count) == 0)
        sums[empty] = vectors[np.argsort(fit.max(axis=1))[: len(empty)]]
        centroids = unit_rows(sums).astype(np.float32)
    return centroids


def _positions(editor: AbstractEditor, stylemaps: Stylemap) -> Vectors:
    """Describe every position of the features of many pictures."""
    starts = range(0, len(stylemaps), BATCH)
    found = [
        describe_positions(
            to_numpy(editor.features(editor.resize(stylemaps[at : at + BATCH]))), POSITION_WEIGHT
        )
        for at in starts
    ]
    return np.concatenate(found)
