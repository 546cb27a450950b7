"""Parts of a picture, found by where the generator's features agree.

Features of one part of a picture point the same way in all pictures, so that spherical k-means
over many of them finds parts nobody drew (Collins et al., Editing in Style, CVPR 2020). Where a
pixel lies joins its feature as two more numbers, weakly: it parts what looks alike. A part may
own several clusters: background comes in many shades.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32, Int
from PIL import Image

from stylemapgan.editing.abstract import DECODE_BATCH, AbstractEditor
from stylemapgan.editing.clusters import nearest, spherical_kmeans, unit_rows
from stylemapgan.editing.operations import WPlus
from stylemapgan.errors import EditError
from stylemapgan.images.levels import to_numpy
from stylemapgan.types import Features, Stylemap

PLACE_WEIGHT = 0.3
"""How much the place of a pixel counts beside its feature of length 1."""
MOST_VECTORS = 40_000
"""Vectors that are clustered; more of them are drawn from."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Parts that one model's pictures have in common."""

    names: tuple[str, ...]
    """What commands call them."""
    labels: tuple[str, ...]
    """What people read."""
    centroids: Float[np.ndarray, "clusters channels"]
    """Of length 1: where the vectors of a cluster point."""
    owners: tuple[int, ...]
    """The part that each cluster belongs to, as a place in `names`."""
    mean: Float[np.ndarray, " features"]
    """The average feature, which is taken off every feature."""

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.labels) == len(set(self.names)):
            raise EditError(f"Parts need one label and one name each, got {self.names}.")
        if sorted(set(self.owners)) != list(range(len(self.names))):
            raise EditError("Every part needs a cluster, and every cluster a part.")
        clusters, channels = self.centroids.shape
        if clusters != len(self.owners) or channels != len(self.mean) + 2:
            raise EditError(
                f"{len(self.owners)} clusters of {len(self.mean)} features and a place need "
                f"centroids of as many rows and two more columns, got {clusters}x{channels}."
            )

    def masks(
        self, editor: AbstractEditor, w_plus: WPlus
    ) -> dict[str, Float32[np.ndarray, "1 1 size size"]]:
        """Find the parts of one picture.

        Args:
            editor: The model these parts are of.
            w_plus: Resized stylemaps of the picture, a batch of one.

        Returns:
            For each part 1 where it is and 0 elsewhere. Every pixel is in exactly one part.

        Raises:
            EditError: The parts are of another model.
        """
        size = editor.image_size
        owner = np.argmax(self._likeness(editor.features(w_plus), size), axis=0)
        return {
            name: (owner == index).astype(np.float32)[None, None]
            for index, name in enumerate(self.names)
        }

    def _likeness(self, features: Features, size: int) -> Float[np.ndarray, "parts size size"]:
        """Say how much each pixel is like each part; enlarged before anything is decided."""
        if features.shape[1] != len(self.mean):
            raise EditError(
                f"These parts are made of {len(self.mean)} features, this model has "
                f"{features.shape[1]}: use parts that were found with it."
            )
        side = features.shape[-1]
        cosines = feature_vectors(features, self.mean) @ self.centroids.T
        by_part = [
            cosines[:, np.equal(self.owners, index)].max(axis=1).reshape(side, side)
            for index in range(len(self.names))
        ]
        enlarged = [
            Image.fromarray(plane.astype(np.float32)).resize((size, size), Image.Resampling.BICUBIC)
            for plane in by_part
        ]
        return np.stack([np.asarray(plane) for plane in enlarged])


def find_parts(editor: AbstractEditor, stylemaps: Stylemap, count: int, seed: int = 0) -> Parts:
    """Find parts that pictures have in common, largest first; their names are mere numbers.

    Args:
        editor: The model.
        stylemaps: Of some hundred photos.
        count: How many parts.
        seed: Decides where the search starts.

    Raises:
        EditError: There are fewer different features than parts.
    """
    features = features_of(editor, stylemaps)
    mean = features.mean(axis=(0, 2, 3))
    vectors = feature_vectors(features, mean)
    random = np.random.default_rng(seed)
    if len(vectors) > MOST_VECTORS:
        vectors = vectors[random.choice(len(vectors), MOST_VECTORS, replace=False)]
    centroids, _ = spherical_kmeans(vectors, count, random)
    sizes = np.bincount(nearest(vectors, centroids), minlength=count)
    return Parts(
        names=tuple(f"part-{index + 1}" for index in range(count)),
        labels=tuple(f"Part {index + 1}" for index in range(count)),
        centroids=centroids[np.argsort(-sizes, kind="stable")],
        owners=tuple(range(count)),
        mean=mean,
    )


def named(parts: Parts, names: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> Parts:
    """Give parts names; several parts under one name become one.

    Args:
        parts: As found.
        names: New name → the old names it stands for. Each old name is used once.
        labels: New name → what people read.

    Raises:
        EditError: An old name is left out, unknown or used twice.
    """
    used = [old for group in names.values() for old in group]
    if sorted(used) != sorted(parts.names):
        raise EditError(f"Each of {', '.join(parts.names)} needs one name, got {', '.join(used)}.")
    place = {old: index for index, group in enumerate(names.values()) for old in group}
    return replace(
        parts,
        names=tuple(names),
        labels=tuple(labels[name] for name in names),
        owners=tuple(place[parts.names[owner]] for owner in parts.owners),
    )


def named_by_overlap(
    parts: Parts,
    features: Features,
    label_maps: Int[np.ndarray, "pictures height width"],
    labels: Mapping[str, str],
) -> Parts:
    """Give each cluster the name of what it mostly covers in pictures whose parts are known.

    Args:
        parts: As found; how its clusters were grouped before does not matter.
        features: Of those pictures.
        label_maps: What each pixel shows, as places in `labels`; sides are whole multiples of
            the features'.
        labels: Name of each part → what people read. Parts that own no cluster are left out.
    """
    step = label_maps.shape[-1] // features.shape[-1]
    truth = label_maps[:, step // 2 :: step, step // 2 :: step].reshape(-1)
    cluster = nearest(feature_vectors(features, parts.mean), parts.centroids)
    table = np.zeros((len(parts.centroids), len(labels)), dtype=np.int64)
    np.add.at(table, (cluster, truth), 1)
    winners = table.argmax(axis=1)
    kept = sorted(set(winners.tolist()))
    names = [list(labels)[index] for index in kept]
    return replace(
        parts,
        names=tuple(names),
        labels=tuple(labels[name] for name in names),
        owners=tuple(kept.index(winner) for winner in winners),
    )


def features_of(editor: AbstractEditor, stylemaps: Stylemap) -> Features:
    """Compute the generator's features of many stylemaps, as one NumPy array."""
    starts = range(0, len(stylemaps), DECODE_BATCH)
    batches = (stylemaps[start : start + DECODE_BATCH] for start in starts)
    return np.concatenate([to_numpy(editor.features(editor.resize(batch))) for batch in batches])


def feature_vectors(
    features: Features, mean: Float[np.ndarray, " features"]
) -> Float[np.ndarray, "count channels"]:
    """Make a vector of length 1 for each position: the feature's direction, then its place."""
    array = np.moveaxis(to_numpy(features), 1, -1) - mean
    pictures, rows, columns, channels = array.shape
    looks = unit_rows(array.reshape(-1, channels))
    down, right = np.meshgrid(_across(rows), _across(columns), indexing="ij")
    place = PLACE_WEIGHT * np.stack([right, down], axis=-1).reshape(-1, 2)
    vectors = np.concatenate([looks, np.tile(place, (pictures, 1))], axis=1)
    return unit_rows(vectors.astype(np.float32))


def _across(cells: int) -> np.ndarray:
    """Centres of cells, from -1 at one edge to 1 at the other."""
    return (2 * np.arange(cells, dtype=np.float32) + 1) / cells - 1
