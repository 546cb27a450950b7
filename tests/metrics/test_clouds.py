"""KID, precision and recall agree with naive loops and with what is known of Gaussians."""

import numpy as np
import pytest

from stylemapgan.metrics import clouds
from stylemapgan.metrics.clouds import (
    Coverage,
    frechet_distance,
    kernel_distance,
    measure_cloud,
    precision_recall,
)


def points(count: int, shift: float = 0.0, seed: int = 0, features: int = 6) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(shift, 1, (count, features))
    return drawn.astype(np.float32)


def naive_kernel_distance(one: np.ndarray, other: np.ndarray) -> float:
    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        dot = sum(a * b for a, b in zip(x.tolist(), y.tolist(), strict=True))
        return (dot / len(x) + 1) ** 3

    def within(rows: np.ndarray) -> float:
        different = [kernel(rows[i], rows[j]) for i in range(len(rows)) for j in range(len(rows))
                     if i != j]  # fmt: skip
        return sum(different) / len(different)

    across = [kernel(x, y) for x in one for y in other]
    return within(one) + within(other) - 2 * sum(across) / len(across)


def naive_share_inside(queries: np.ndarray, centres: np.ndarray, neighbour: int) -> float:
    radii = [
        sorted(np.linalg.norm(centre - each) for j, each in enumerate(centres) if j != i)[
            neighbour - 1
        ]
        for i, centre in enumerate(centres)
    ]
    inside = [
        any(np.linalg.norm(q - c) <= r for c, r in zip(centres, radii, strict=True))
        for q in queries
    ]
    return sum(inside) / len(inside)


def test_kid_is_that_of_naive_double_loops():
    one, other = points(9), points(13, shift=0.4, seed=1)
    expected = naive_kernel_distance(one, other)
    assert kernel_distance(one, other) == pytest.approx(expected, rel=1e-9)
    assert kernel_distance(other, one) == pytest.approx(expected, rel=1e-9)


def test_kid_is_0_on_average_for_sets_of_one_kind_however_small():
    values = [kernel_distance(points(12, seed=2 * s), points(30, seed=2 * s + 1))
              for s in range(400)]  # fmt: skip
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 3 * error
    assert min(values) < 0 < max(values)


@pytest.mark.parametrize("shift", [0.0, 0.7, 5.0])
def test_precision_and_recall_are_those_of_naive_loops(shift):
    real, generated = points(25), points(18, shift=shift, seed=3) * np.float32(0.6)
    found = precision_recall(real, generated)
    assert found.precision == pytest.approx(naive_share_inside(generated, real, 3))
    assert found.recall == pytest.approx(naive_share_inside(real, generated, 3))


def test_precision_is_quality_and_recall_variety():
    real = points(300, features=2)
    assert precision_recall(real, real) == Coverage(1.0, 1.0)
    narrow = precision_recall(real, points(300, seed=1, features=2) * np.float32(0.1))
    assert narrow.precision == 1
    assert narrow.recall < 0.1
    elsewhere = precision_recall(real, points(300, shift=50, seed=1, features=2))
    assert elsewhere == Coverage(0.0, 0.0)


def test_a_picture_on_the_edge_of_a_ball_is_inside_whatever_products_round_to():
    pictures = points(7, shift=30, features=2048)
    copies = np.tile(pictures, (4, 1))  # whose third nearest neighbours are equal: no radius
    assert precision_recall(copies, np.tile(pictures, (3, 1))[:15]).precision == 1
    assert precision_recall(copies, pictures * np.float32(1.001)).precision == 0
    spokes = np.eye(48, dtype=np.float32)[:3] * np.float32(0.1)
    wheel = np.concatenate([np.zeros_like(spokes[:1]), spokes])  # each rim point is third nearest
    assert precision_recall(wheel, np.concatenate([-spokes, -spokes])).precision == 1


def test_results_do_not_depend_on_how_memory_is_cut(monkeypatch):
    one, other = points(23), points(17, shift=0.5, seed=1)
    whole = kernel_distance(one, other), precision_recall(one, other)
    monkeypatch.setattr(clouds, "CHUNK", 5)
    assert kernel_distance(one, other) == pytest.approx(whole[0], rel=1e-12)
    assert precision_recall(one, other) == whole[1]


def test_the_frechet_distance_of_gaussians_nears_the_closed_form():
    spread = np.array([1.0, 2.0, 0.5])
    one = points(100_000, features=3)
    other = points(100_000, seed=1, features=3) * spread + np.array([0.0, 1.0, 2.0])
    expected = 5 + np.square(spread - 1).sum()
    found = frechet_distance(measure_cloud(one), measure_cloud(other))
    assert found == pytest.approx(expected, rel=0.01)


def test_too_few_pictures_are_refused():
    with pytest.raises(ValueError, match="at least 2 pictures, got 1"):
        kernel_distance(points(1), points(5))
    with pytest.raises(ValueError, match="at least 4 pictures, got 3"):
        precision_recall(points(5), points(3))
