"""Random pictures to look at, and the photos that they are nearest to."""

import numpy as np
from jaxtyping import Float32, Float64, Int64

from stylemapgan.editing.operations import truncate
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.evaluation.sets import Points, spread_rows
from stylemapgan.evaluation.tasks.generation.random_pictures import RandomStylemaps
from stylemapgan.images import contact_sheet
from stylemapgan.images.levels import to_numpy
from stylemapgan.metrics.clouds import pair_distances

COLUMNS, ROWS = 8, 4
TILE = 128
"""Pixels that each picture is shown at."""
TRUNCATION = 0.7
"""Psi of the second sheet, which is what `generate` does unless told otherwise."""
CHUNK = 500
"""Pictures compared with all photos at once."""


def generation_sheets(
    context: EvaluationContext, random: RandomStylemaps, generated: Points, real: Points
) -> tuple[Sheet, ...]:
    """Show random pictures as they come, truncated ones, and the nearest photos.

    Args:
        context: The model.
        random: Its random stylemaps.
        generated: Features of the pictures of the first of them.
        real: Features of the photos.
    """
    stylemaps = random.take(np.arange(min(COLUMNS * ROWS, len(generated))))
    calm = truncate(stylemaps, to_numpy(context.editor.mean_stylemap), TRUNCATION)
    return (
        Sheet(
            "random",
            _grid(context, stylemaps),
            "Random pictures, not chosen, without truncation (psi 1): what the figures measure.",
        ),
        Sheet(
            "truncated",
            _grid(context, calm),
            f"The same random pictures with psi {TRUNCATION}: less varied, mostly better.",
        ),
        _nearest_sheet(context, random, generated, real),
    )


def nearest(
    pictures: Points, photos: Points
) -> tuple[Int64[np.ndarray, " pictures"], Float64[np.ndarray, " pictures"]]:
    """Find the nearest photo of each picture in feature space, and how far it is, squared."""
    a, b = pictures.astype(np.float64), photos.astype(np.float64)
    indices, distances = [], []
    for start in range(0, len(a), CHUNK):
        rows = a[start : start + CHUNK]
        squared = np.square(rows).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * rows @ b.T
        closest = squared.argmin(axis=1)
        indices.append(closest)
        distances.append(pair_distances(rows, b[closest]))
    return np.concatenate(indices), np.concatenate(distances)


def _nearest_sheet(
    context: EvaluationContext, random: RandomStylemaps, generated: Points, real: Points
) -> Sheet:
    """Show that random pictures are no copies of photos, or that they are."""
    photos = context.data.likeness
    chosen = spread_rows(len(photos), len(real))
    indices, distances = nearest(generated, real)
    usual = np.arange(min(COLUMNS, len(generated)))
    closest = np.argsort(distances, kind="stable")[:COLUMNS]
    rows = [
        pictures
        for numbers in (usual, closest)
        for pictures in (
            context.decode(random.take(numbers)),
            photos.take(chosen[indices[numbers]]),
        )
    ]
    kind = "photo" if context.data.training is None else "training photo"
    below = f"its nearest {kind}"
    return Sheet(
        "nearest",
        contact_sheet(rows, ["random", below, f"random, nearest to any {kind}", below], tile=TILE),
        f"Does the model copy? Random pictures and the {kind}s nearest to them in features of "
        f"{context.features.name}: first as they come, then those of {len(generated)} that come "
        "closest to one.",
    )


def _grid(
    context: EvaluationContext, stylemaps: Float32[np.ndarray, "pictures style rows columns"]
) -> Float32[np.ndarray, "1 3 height width"]:
    rows = [
        context.decode(stylemaps[start : start + COLUMNS])
        for start in range(0, len(stylemaps), COLUMNS)
    ]
    return contact_sheet(rows, tile=TILE)
