"""Spherical k-means groups vectors by direction."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from stylemapgan.methods.spherical_k_means import first_centres, moved, nearest, spherical_k_means

GROUPS = 4


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def planted(spread: float) -> tuple[Tensor, Tensor]:
    """Vectors about orthogonal directions, of lengths from 0.01 to 100; and their groups."""
    randomness = np.random.default_rng(0)
    groups = randomness.integers(GROUPS, size=200)
    vectors = np.eye(7)[groups] + spread * randomness.standard_normal((200, 7))
    vectors *= 10 ** randomness.uniform(-2, 2, (200, 1))
    return torch.from_numpy(vectors.astype(np.float32)), torch.from_numpy(groups)


def naive(vectors: list[list[float]], centres: list[list[float]]) -> list[list[float]]:
    """Move centres by loops over numbers, for as long as anything changes."""
    numbers: list[int] = []
    while True:
        cosines = [[sum(map(float.__mul__, v, c)) for c in centres] for v in vectors]
        found = [row.index(max(row)) for row in cosines]
        if found == numbers:
            return centres
        numbers = found
        for number in range(len(centres)):
            members = [v for v, own in zip(vectors, numbers, strict=True) if own == number]
            total = [sum(column) for column in zip(*members, strict=True)]
            length = math.sqrt(sum(x * x for x in total))
            centres[number] = [x / length for x in total]


@pytest.mark.parametrize("seed", range(3))
def test_centres_move_as_in_a_naive_loop(seed):
    unit = torch.nn.functional.normalize(torch.randn(150, 5, generator=seeded(seed)).double())
    start = first_centres(unit, 6, seeded(seed))
    expected = naive(unit.tolist(), start.tolist())
    torch.testing.assert_close(moved(unit, start), torch.tensor(expected).double())
    assert not torch.allclose(start, torch.tensor(expected).double(), atol=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_planted_groups_are_found_whatever_the_vectors_lengths(seed):
    vectors, groups = planted(spread=0.1)
    centres = spherical_k_means(vectors, GROUPS, seeded(seed))
    numbers = nearest(vectors, centres)
    assert len({(int(a), int(b)) for a, b in zip(groups, numbers, strict=True)}) == GROUPS
    torch.testing.assert_close(centres.norm(dim=1), torch.ones(GROUPS))


def test_first_centres_are_vectors_of_different_directions():
    vectors, _ = planted(spread=0.0)
    unit = torch.nn.functional.normalize(vectors)
    for seed in range(20):
        chosen = first_centres(unit, GROUPS, seeded(seed))
        torch.testing.assert_close(chosen @ chosen.T, torch.eye(GROUPS))


def test_a_centre_that_loses_its_vectors_stays():
    unit = torch.eye(3)[[0, 0, 1]]
    centres = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])
    torch.testing.assert_close(moved(unit, centres), centres)


def test_the_seed_decides():
    vectors = torch.randn(300, 4)
    one, same, other = (spherical_k_means(vectors, 9, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
