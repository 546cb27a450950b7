"""Sheets of random pictures, and of the photos nearest to them."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32, Float64, Int64

from stylemapgan.data import spread_rows
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.findings import Sheet
from stylemapgan.evaluation.sets import Points
from stylemapgan.images import contact_sheet
from stylemapgan.methods.abstract import AbstractMethod, Latent
from stylemapgan.metrics.clouds import pair_distances

Take = Callable[[Int64[np.ndarray, " numbers"]], Latent]
COLUMNS, ROWS = 8, 4
TILE = 128
"""Pixels that each picture is shown at."""
TRUNCATION = 0.7
"""Psi of the second sheet: the default of `generate`."""
CHUNK = 500
"""Pictures compared with all photos at once."""


def generation_sheets(
    context: EvaluationContext,
    method: AbstractMethod,
    random: Take,
    generated: Points,
    real: Points,
) -> tuple[Sheet, ...]:
    """Show the first random pictures, the same truncated, and the nearest photos.

    Args:
        context: Data and networks.
        method: Decodes.
        random: Takes random latents by their number.
        generated: Features of the pictures of the first of them.
        real: Features of the photos.
    """
    latents = random(np.arange(min(COLUMNS * ROWS, len(generated))))
    truncated = method.truncate(latents, TRUNCATION)
    return (
        Sheet(
            "random",
            _grid(context, method, latents),
            "Random pictures, not selected, without truncation (psi 1): these are measured.",
        ),
        Sheet(
            "truncated",
            _grid(context, method, truncated),
            f"The same random pictures with psi {TRUNCATION}: less varied, usually better.",
        ),
        _nearest_sheet(context, method, random, generated, real),
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
    context: EvaluationContext,
    method: AbstractMethod,
    random: Take,
    generated: Points,
    real: Points,
) -> Sheet:
    """Show whether random pictures are copies of photos."""
    photos = context.data.likeness
    chosen = spread_rows(len(photos), len(real))
    indices, distances = nearest(generated, real)
    usual = np.arange(min(COLUMNS, len(generated)))
    closest = np.argsort(distances, kind="stable")[:COLUMNS]
    rows = [
        pictures
        for numbers in (usual, closest)
        for pictures in (
            context.decode(method, random(numbers)),
            photos.take(chosen[indices[numbers]]),
        )
    ]
    kind = "photo" if context.data.training is None else "training photo"
    below = f"its nearest {kind}"
    return Sheet(
        "nearest",
        contact_sheet(rows, ["random", below, f"random, closest to any {kind}", below], tile=TILE),
        f"Does the model copy? Random pictures and the {kind}s nearest to them in features of "
        f"{context.features.name}: first {len(usual)} that are not selected, then those of all "
        f"{len(generated):,} that are closest to a photo.",
    )


def _grid(
    context: EvaluationContext, method: AbstractMethod, latents: Latent
) -> Float32[np.ndarray, "1 3 height width"]:
    rows = [
        context.decode(method, latents[start : start + COLUMNS])
        for start in range(0, len(latents), COLUMNS)
    ]
    return contact_sheet(rows, tile=TILE)
