"""The equation of tones, against direct solutions in float64."""

import numpy as np
import pytest

from stylemapgan.editing.photo.screened_poisson import solve


def laplacian(rows: int, columns: int) -> np.ndarray:
    """Minus the sum of differences to the neighbours, as a matrix, one entry after the other."""
    matrix = np.zeros((rows * columns, rows * columns))
    for row in range(rows):
        for column in range(columns):
            here = row * columns + column
            for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                if 0 <= row + down < rows and 0 <= column + right < columns:
                    matrix[here, here] += 1
                    matrix[here, (row + down) * columns + column + right] -= 1
    return matrix


def solved_directly(screening: np.ndarray, right_side: np.ndarray) -> np.ndarray:
    matrix = laplacian(*screening.shape[1:]) + np.diag(screening.ravel().astype(float))
    flat = right_side.reshape(len(right_side), -1).astype(float)
    return np.linalg.solve(matrix, flat.T).T.reshape(right_side.shape)


@pytest.mark.parametrize("shape", [(16, 16), (24, 8), (6, 10), (5, 5), (3, 3)])
def test_the_solution_is_that_of_a_dense_solver(random, shape):
    screening = random.uniform(0.001, 0.3, (1, *shape)).astype(np.float32)
    right_side = random.normal(0, 1, (3, *shape)).astype(np.float32)
    expected = solved_directly(screening, right_side)
    np.testing.assert_allclose(solve(screening, right_side, iterations=12), expected, atol=1e-3)


def test_a_few_iterations_are_exact_to_half_a_level(random):
    """A disc whose surroundings are fixed at 0, sources on its rim, weak screening inside."""
    rows, columns = np.mgrid[:32, :32]
    is_inside = (np.hypot(rows - 13, columns - 18) < 9.5)[None]
    screening = np.where(is_inside, np.float32(1 / 100), np.float32(1e3))
    sources = np.moveaxis(random.normal(0.2, 2, (32, 32, 3)), -1, 0)
    right_side = np.where(is_inside, sources, 0).astype(np.float32)
    expected = solved_directly(screening, right_side)
    assert abs(expected).max() > 10  # levels of 255
    assert abs(solve(screening, right_side) - expected).max() <= 0.5


def test_without_screening_a_fixed_border_is_continued_as_by_poisson(random):
    screening = np.full((1, 16, 16), 1e5, np.float32)
    screening[:, 2:13, 3:14] = 0
    fixed = random.normal(0, 50, (3, 16, 16)).astype(np.float32)
    solution = solve(screening, np.where(screening > 0, screening * fixed, 0), iterations=20)

    is_free = screening.ravel() == 0
    matrix, values = laplacian(16, 16), fixed.reshape(3, -1).T.astype(float)
    known = matrix[np.ix_(is_free, ~is_free)] @ values[~is_free]
    expected = np.linalg.solve(matrix[np.ix_(is_free, is_free)], -known)
    found = solution.reshape(3, -1).T
    np.testing.assert_allclose(found[~is_free], values[~is_free], atol=0.5)
    np.testing.assert_allclose(found[is_free], expected, atol=0.5)


def test_a_constant_stays_however_weak_the_screening():
    screening = np.full((1, 32, 32), 1e-4, np.float32)
    solution = solve(screening, screening * np.full((3, 1, 1), 7, np.float32), iterations=4)
    np.testing.assert_allclose(solution, 7, rtol=1e-2)


def test_nothing_wanted_gives_exactly_nothing():
    screening = np.full((1, 16, 16), 0.1, np.float32)
    assert not solve(screening, np.zeros((3, 16, 16), np.float32)).any()
