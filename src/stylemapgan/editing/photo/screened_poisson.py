"""Solve a screened Poisson equation on a square grid, by multigrid."""

import numpy as np
from jaxtyping import Float32

Grid = Float32[np.ndarray, "rows columns channels"]
Weights = Float32[np.ndarray, "rows columns 1"]
Level = tuple[Float32[np.ndarray, "_ _ 1"], Float32[np.ndarray, "_ _ 1"]]
"""Screening, and the inverse of the diagonal, on one of the grids."""

CYCLES = 3
"""Cycles from zero; each reduces the error about tenfold."""
SWEEPS = 2
"""Relaxations before and after each correction on the coarser grid."""
COARSEST = 4
"""Width of the coarsest grid."""
DAMPING = np.float32(0.8)
"""Of the Jacobi relaxation."""


def solve(
    screening: Weights, right_side: Grid, start: Grid | None = None, cycles: int = CYCLES
) -> Grid:
    """Find u with `screening * u - Δu = right_side`; no gradient crosses the grid's edges.

    Δ is the five-point Laplacian: the sum of differences to the neighbours.

    Args:
        screening: How strongly each point is drawn to `right_side / screening`; not negative, and
            positive somewhere. Large values fix a point.
        right_side: As in the equation.
        start: A solution to begin with, such as that of a similar equation.
        cycles: V-cycles; one may do for a good start.

    Source: Bhat et al., Fourier Analysis of the 2D Screened Poisson Equation for Gradient Domain
    Problems, ECCV 2008; multigrid: Briggs, Henson and McCormick, A Multigrid Tutorial, 2000.
    """
    solution = np.zeros_like(right_side) if start is None else start
    levels = _levels(screening)
    for _ in range(cycles):
        solution = _cycle(levels, right_side, solution)
    return solution


def _levels(screening: Weights) -> list[Level]:
    """Give screening and inverse diagonal on each grid, fine to coarse."""
    levels = []
    while True:
        levels.append((screening, DAMPING / (screening + _neighbours(screening))))
        rows, columns = screening.shape[:2]
        if rows % 2 or columns % 2 or min(rows, columns) <= COARSEST:
            return levels
        screening = 4 * _halved(screening)  # a coarse step spans two fine ones: Δ counts fourfold


def _cycle(levels: list[Level], right_side: Grid, solution: Grid) -> Grid:
    screening, inverse = levels[0]
    if len(levels) == 1:
        for _ in range(8 * SWEEPS):
            solution = solution + inverse * _residual(screening, right_side, solution)
        return solution
    for _ in range(SWEEPS):
        solution = solution + inverse * _residual(screening, right_side, solution)
    coarse = 4 * _halved(_residual(screening, right_side, solution))
    solution = solution + _doubled(_cycle(levels[1:], coarse, np.zeros_like(coarse)))
    for _ in range(SWEEPS):
        solution = solution + inverse * _residual(screening, right_side, solution)
    return solution


def _residual(screening: Weights, right_side: Grid, solution: Grid) -> Grid:
    residual = right_side - screening * solution
    for axis in (0, 1):
        step = np.diff(solution, axis=axis)
        if axis == 0:
            residual[:-1] += step
            residual[1:] -= step
        else:
            residual[:, :-1] += step
            residual[:, 1:] -= step
    return residual


def _neighbours(weights: Weights) -> Weights:
    """Count each point's neighbours."""
    rows, columns = (np.full(length, 2, np.float32) for length in weights.shape[:2])
    for ends in (rows, columns):
        ends[0] -= 1
        ends[-1] -= 1
    return (rows[:, None] + columns[None, :])[..., None]


def _halved(values: Grid) -> Float32[np.ndarray, "half_rows half_columns channels"]:
    """Average blocks of two by two points."""
    rows = values[::2] + values[1::2]
    return np.float32(0.25) * (rows[:, ::2] + rows[:, 1::2])


def _doubled(values: Grid) -> Float32[np.ndarray, "twice_rows twice_columns channels"]:
    return np.repeat(np.repeat(values, 2, axis=0), 2, axis=1)
