"""Find the parts of pictures that a model tells apart."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from stylemapgan.config.ranges import SEED
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.editing.directions.finding_directions import import_scikit_learn
from stylemapgan.editing.parts.named_parts import Parts, describe_positions, to_name, unit_rows
from stylemapgan.errors import EditError
from stylemapgan.images.levels import batch_for, to_numpy
from stylemapgan.types import Stylemap

POSITION_WEIGHT = 0.3
"""Enough to separate upper from lower background, too little to cut a hand in the middle."""
MOST_POSITIONS = 150_000
"""Positions of all pictures that are clustered; more change little."""
STARTS = 4
"""How often k-means starts anew; the best result counts."""
BATCH = 16
"""Pictures of up to 128 pixels at a time."""


def find_parts(
    editor: AbstractEditor,
    stylemaps: Stylemap,
    count: int,
    seed: int = 0,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Parts:
    """Cluster the features of many pictures; each cluster is a part without a real name.

    Ask for more than you want, look at them, and `merge` what belongs together.

    Args:
        editor: Runs the model.
        stylemaps: Of a few hundred photos of the model's kind.
        count: How many parts, at least 2.
        seed: Everything random follows from it.
        on_progress: Called with the number of pictures done, and of all pictures.

    Raises:
        EditError: There are too few parts or pictures.
        MissingExtraError: scikit-learn is not installed.
    """
    import_scikit_learn()
    SEED.refuse(seed, EditError)
    if count < 2:
        raise EditError(f"At least 2 parts are needed, asked for {count}.")
    if len(stylemaps) == 0:
        raise EditError("Parts need pictures to be found in: give at least one, better 300.")
    editor = editor.in_float32()  # parts are kept, and should be the same everywhere
    random = np.random.default_rng(seed)
    share = max(MOST_POSITIONS // len(stylemaps), 1)
    chosen = []
    rows = batch_for(editor.image_size, BATCH)
    for start in range(0, len(stylemaps), rows):
        features = to_numpy(editor.features(editor.resize(stylemaps[start : start + rows])))
        for picture in features:
            positions = describe_positions(picture[None], POSITION_WEIGHT)
            chosen.append(positions[random.permutation(len(positions))[:share]])
        on_progress(min(start + rows, len(stylemaps)), len(stylemaps))
    centroids = grouped(np.concatenate(chosen), count, seed)
    return Parts(
        names=tuple(f"part-{number}" for number in range(1, count + 1)),
        labels=tuple(f"Part {number}" for number in range(1, count + 1)),
        centroids=centroids,
        owners=np.arange(count),
        position_weight=POSITION_WEIGHT,
    )


def grouped(
    vectors: Float[np.ndarray, "positions description"], count: int, seed: int
) -> Float[np.ndarray, "groups description"]:
    """Find the directions around which vectors of length 1 gather, by k-means.

    Raises:
        EditError: There are fewer different vectors than groups.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    means = KMeans(count, n_init=STARTS, random_state=seed % 2**32)  # pyright: ignore[reportArgumentType]
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            means.fit(vectors)
        except (ConvergenceWarning, ValueError):  # fewer different vectors, or fewer in all
            raise EditError(
                f"{count} parts need at least as many different features: use more photos or "
                "fewer parts."
            ) from None
    return unit_rows(means.cluster_centers_).astype(np.float32)


def name_by_overlap(
    parts: Parts,
    editor: AbstractEditor,
    stylemaps: Stylemap,
    truth: Int[np.ndarray, "batch size size"],
    labels: Sequence[str],
) -> Parts:
    """Give each part the label it overlaps most, and merge parts of the same label.

    Args:
        parts: Many more than there are labels.
        editor: Runs the model.
        stylemaps: Of the pictures.
        truth: Index of the right label at each pixel of the pictures.
        labels: What the indices mean; equal ones are one part. Those that no part covers most of
            are left out.
    """
    wanted = list(dict.fromkeys(labels))
    index = np.array([wanted.index(label) for label in labels])
    votes = np.zeros((parts.count, len(wanted)))
    rows = batch_for(editor.image_size, BATCH)
    for start in range(0, len(stylemaps), rows):
        batch = slice(start, start + rows)
        found = parts.label_map(editor, editor.resize(stylemaps[batch]))
        np.add.at(votes, (found, index[truth[batch]]), 1)
    best = np.argmax(votes, axis=1)
    kept = np.unique(best)
    return replace(
        parts,
        names=tuple(to_name(wanted[label]) for label in kept),
        labels=tuple(wanted[label] for label in kept),
        owners=np.searchsorted(kept, best)[parts.owners],
    )
