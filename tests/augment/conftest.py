"""Chances with a fixed seed."""

from collections.abc import Callable

import pytest
import torch

from stylemapgan.augment.randomness import BatchRandomness, Chances
from stylemapgan.types import WHOLE, Share

MakeRandomness = Callable[..., BatchRandomness]
MakeChances = Callable[..., Chances]


@pytest.fixture
def seeded() -> MakeRandomness:
    """Make the randomness of one share of a batch, in the same state each time."""

    def make(share: Share = WHOLE, seed: int = 3) -> BatchRandomness:
        return BatchRandomness(torch.Generator().manual_seed(seed), share)

    return make


@pytest.fixture
def chances(seeded: MakeRandomness) -> MakeChances:
    """Make the chances of a batch, in the same state each time."""

    def make(images: int, p: float = 1.0, seed: int = 3) -> Chances:
        return Chances(seeded(seed=seed), images, p)

    return make
