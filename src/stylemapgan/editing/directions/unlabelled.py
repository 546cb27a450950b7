"""Directions that need no labels: what photos vary in, and what a model's weights amplify."""

import numpy as np
from jaxtyping import Float

from stylemapgan.checkpoints import Checkpoint
from stylemapgan.editing.directions.direction import Direction
from stylemapgan.errors import CheckpointError, EditError
from stylemapgan.types import Stylemap

FIRST_CONVOLUTION = "generator.resizer.convolutions.0.weight"
"""Weights that every stylemap meets first: (out, style channels, 3, 3)."""


def principal_directions(stylemaps: Stylemap, count: int) -> tuple[Direction, ...]:
    """Find the directions in which photos vary most, the strongest first.

    They are orthogonal. Which end is positive means nothing, but is always the same.

    Args:
        stylemaps: Encoded photos.
        count: How many directions.

    Raises:
        EditError: There are too few different photos for so many directions.

    Source: Härkönen et al., "GANSpace", NeurIPS 2020, section 2.2; here of encoded photos.
    """
    vectors = np.asarray(stylemaps, dtype=np.float32).reshape(len(stylemaps), -1)
    centred = vectors - vectors.mean(axis=0)
    _, spreads, normals = np.linalg.svd(centred, full_matrices=False)
    rounding = np.finfo(np.float32).eps * np.linalg.norm(vectors)
    _refuse_count(count, int((spreads > rounding).sum()), "as many as the photos allow")
    shares = spreads**2 / np.sum(spreads**2)
    return tuple(
        Direction(
            name=f"variance-{place + 1}",
            label=f"Variation {place + 1} ({shares[place]:.0%} of all)",
            normal=_upright(normals[place]).reshape(1, *stylemaps.shape[1:]),
            origin="variance",
            scale=float(spreads[place] / np.sqrt(len(vectors))),
        )
        for place in range(count)
    )


def closed_form_directions(
    checkpoint: Checkpoint, count: int, stylemaps: Stylemap
) -> tuple[Direction, ...]:
    """Find the directions that a model's first convolution amplifies most, the strongest first.

    The first weights that a stylemap meets are a convolution of the resizer. A change d of the
    style channels, the same in every cell, changes its output by A d, so the eigenvectors of
    AᵀA with the largest eigenvalues are the changes that the picture sees most of. Being the same
    in every cell, they say what changes and leave the place to a mask. A step of amount 1 moves
    each cell by one standard deviation of single cells, for all cells of photos rarely agree.

    Args:
        checkpoint: The model; its weights are read, no network runs.
        count: How many directions.
        stylemaps: Random ones or encoded photos, to measure how far a usual step is.

    Raises:
        CheckpointError: The model has no such convolution.
        EditError: So many directions there are not.

    Source: Shen and Zhou, "Closed-form factorization of latent semantics in GANs", CVPR 2021.
    """
    if FIRST_CONVOLUTION not in checkpoint.tensors:
        raise CheckpointError(f"The model has no weights {FIRST_CONVOLUTION}.")
    cells = checkpoint.config.stylemap_size
    gram = gram_of_equal_cells(checkpoint.tensors[FIRST_CONVOLUTION].astype(np.float64), cells)
    _refuse_count(count, len(gram), "as many as style channels")
    _, vectors = np.linalg.eigh(gram)  # columns, the weakest first
    return tuple(
        _same_everywhere(_upright(vectors[:, -place]), place, stylemaps)
        for place in range(1, count + 1)
    )


def gram_of_equal_cells(
    weight: Float[np.ndarray, "out channels rows columns"], cells: int
) -> Float[np.ndarray, "channels channels"]:
    """Find AᵀA, where A d is a convolution's answer to the same d in every cell.

    Cells at the border see zeros beyond it, so they add up fewer of the weights.

    Args:
        weight: Of a convolution that keeps the size.
        cells: Rows and columns of the stylemap.
    """
    reach = weight.shape[-1] // 2
    inside = [
        slice(max(0, reach - cell), min(weight.shape[-1], reach + cells - cell))
        for cell in range(cells)
    ]
    gram = np.zeros((weight.shape[1], weight.shape[1]))
    for rows in inside:
        for columns in inside:
            answer = weight[:, :, rows, columns].sum(axis=(-2, -1))  # (out, channels)
            gram += answer.T @ answer
    return gram


def _same_everywhere(
    channels: Float[np.ndarray, " channels"], place: int, stylemaps: Stylemap
) -> Direction:
    shape = (1, *stylemaps.shape[1:])
    cells = shape[-2] * shape[-1]
    normal = np.broadcast_to(channels[None, :, None, None] / np.sqrt(cells), shape)
    along = np.einsum("nchw,c->nhw", np.asarray(stylemaps, dtype=np.float32), channels)
    return Direction(
        name=f"weights-{place}",
        label=f"Amplified {place}",
        normal=normal.astype(np.float32),
        origin="weights",
        scale=float(along.std() * np.sqrt(cells)),
    )


def _upright(vector: Float[np.ndarray, " numbers"]) -> Float[np.ndarray, " numbers"]:
    """Turn a vector so that its largest number is positive."""
    return vector * np.sign(vector[np.argmax(np.abs(vector))])


def _refuse_count(count: int, most: int, why: str) -> None:
    if most == 0:
        raise EditError("All photos have the same stylemap: give photos that differ.")
    if not 1 <= count <= most:
        raise EditError(f"From 1 to {most} directions can be found, {why}, got {count}.")
