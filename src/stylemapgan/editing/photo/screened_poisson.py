"""Solve a screened Poisson equation on a grid, by conjugate gradients with multigrid.

Grids are kept flat, a channel to a row, with one column and one row of zeros behind each channel:
a step to any neighbour is then one offset, and crosses no edge.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Float32

Weights = Float32[np.ndarray, "1 rows columns"]
Planes = Float32[np.ndarray, "channels rows columns"]
Flat = Float32[np.ndarray, "channels padded"]

ITERATIONS = 2
"""Of conjugate gradients; each reduces the error about tenfold."""
SWEEPS = 2
"""Relaxations before and after each correction on the coarser grid."""
COARSEST = 4
"""Width of the coarsest grid, which is solved directly."""
DAMPING = np.float32(0.8)
"""Of the Jacobi relaxation."""
LEAST = np.float32(1e-20)
"""Keeps divisions finite where nothing is left to correct."""


def solve(screening: Weights, right_side: Planes, iterations: int = ITERATIONS) -> Planes:
    """Find u with `screening * u - Δu = right_side`; no gradient crosses the grid's edges.

    Δ is the five-point Laplacian: the sum of differences to the neighbours.

    Args:
        screening: How strongly each point is drawn to `right_side / screening`; not negative, and
            positive somewhere. Large values fix a point.
        right_side: As in the equation.
        iterations: More are more exact.

    Source: Bhat et al., Fourier Analysis of the 2D Screened Poisson Equation for Gradient Domain
    Problems, ECCV 2008; Tatebe, The Multigrid Preconditioned Conjugate Gradient Method, 1993.
    """
    levels, coarsest = _levels(screening[0])
    if not levels:
        return _solved(coarsest, right_side)
    finest = levels[0]
    residual = finest.flat(right_side)
    direction = _cycle(levels, coarsest, residual)
    now = _dot(residual, direction)
    product, solution = np.empty_like(residual), np.zeros_like(residual)
    finest.multiply(direction, product)
    for _ in range(iterations - 1):
        length = now / np.maximum(_dot(direction, product), LEAST)
        solution += length * direction
        product *= length
        residual -= product
        correction = _cycle(levels, coarsest, residual)
        before, now = np.maximum(now, LEAST), _dot(residual, correction)
        direction *= now / before
        direction += correction
        finest.multiply(direction, product)
    solution += now / np.maximum(_dot(direction, product), LEAST) * direction
    return np.ascontiguousarray(finest.planes(solution))


class _Level:
    """The equation on one grid."""

    def __init__(self, screening: Float32[np.ndarray, "rows columns"]) -> None:
        self.rows, self.columns = screening.shape
        diagonal = screening + _neighbours(*screening.shape)
        self._diagonal = self.flat(diagonal[None])
        self._relaxing = self.flat((DAMPING / diagonal)[None])

    def flat(self, planes: Planes) -> Flat:
        """Lay planes out flat."""
        padded = np.zeros((len(planes), self.rows + 1, self.columns + 1), np.float32)
        padded[:, :-1, :-1] = planes
        return padded.reshape(len(planes), -1)

    def planes(self, flat: Flat) -> Planes:
        """See flat ones as planes."""
        return flat.reshape(len(flat), self.rows + 1, self.columns + 1)[:, :-1, :-1]

    def multiply(self, flat: Flat, out: Flat) -> None:
        """Apply the equation's left side; what it writes into the padding is meaningless."""
        np.multiply(self._diagonal, flat, out=out)
        written, read = out.reshape(-1), flat.reshape(-1)
        for step in (1, self.columns + 1):
            written[step:] -= read[:-step]
            written[:-step] -= read[step:]

    def relax(self, right_side: Flat, flat: Flat, scratch: Flat, sweeps: int) -> None:
        """Improve a solution, above all its fine structure."""
        for _ in range(sweeps):
            self.multiply(flat, scratch)
            np.subtract(right_side, scratch, out=scratch)
            scratch *= self._relaxing
            flat += scratch

    def first_relaxed(self, right_side: Flat) -> Flat:
        """Relax zero."""
        return self._relaxing * right_side


def _levels(
    screening: Float32[np.ndarray, "rows columns"],
) -> tuple[list[_Level], Float32[np.ndarray, "points points"]]:
    """Set the equation up on grids from fine to coarse, and invert it on the coarsest."""
    levels = []
    while not any(length % 2 or length <= COARSEST for length in screening.shape):
        levels.append(_Level(screening))
        screening = _halved(screening)  # a coarse step spans two fine ones: Δ counts fourfold
    return levels, _inverse(screening)


def _inverse(
    screening: Float32[np.ndarray, "rows columns"],
) -> Float32[np.ndarray, "points points"]:
    points = np.arange(screening.size).reshape(screening.shape)
    matrix = np.diag((screening + _neighbours(*screening.shape)).ravel().astype(np.float64))
    for near, far in ((points[1:], points[:-1]), (points[:, 1:], points[:, :-1])):
        matrix[near.ravel(), far.ravel()] = matrix[far.ravel(), near.ravel()] = -1
    return np.linalg.inv(matrix).astype(np.float32)


def _cycle(
    levels: Sequence[_Level], coarsest: Float32[np.ndarray, "points points"], right_side: Flat
) -> Flat:
    """Solve roughly from zero: one V-cycle, the same forwards and backwards."""
    level = levels[0]
    solution, scratch = level.first_relaxed(right_side), np.empty_like(right_side)
    level.relax(right_side, solution, scratch, SWEEPS - 1)
    level.multiply(solution, scratch)
    np.subtract(right_side, scratch, out=scratch)
    coarse = _halved(level.planes(scratch))
    if len(levels) == 1:
        correction = _solved(coarsest, coarse)
    else:
        flat = levels[1].flat(coarse)
        correction = levels[1].planes(_cycle(levels[1:], coarsest, flat))
    wide, planes = np.repeat(correction, 2, axis=-1), level.planes(solution)
    planes[:, ::2] += wide
    planes[:, 1::2] += wide
    level.relax(right_side, solution, scratch, SWEEPS)
    return solution


def _solved(inverse: Float32[np.ndarray, "points points"], right_side: Planes) -> Planes:
    return (right_side.reshape(len(right_side), -1) @ inverse).reshape(right_side.shape)


def _dot(one: Flat, other: Flat) -> Float32[np.ndarray, "channels 1"]:
    return np.einsum("cp,cp->c", one, other)[:, None]


@lru_cache(maxsize=32)
def _neighbours(rows: int, columns: int) -> Float32[np.ndarray, "rows columns"]:
    """Count each point's neighbours."""
    down, across = (np.full(length, 2, np.float32) for length in (rows, columns))
    for ends in (down, across):
        ends[0] -= 1
        ends[-1] -= 1
    return down[:, None] + across


def _halved(values: Float32[np.ndarray, "*_ rows columns"]) -> Float32[np.ndarray, "*_ _ _"]:
    """Sum blocks of two by two points."""
    rows = values[..., ::2, :] + values[..., 1::2, :]
    return rows[..., ::2] + rows[..., 1::2]
