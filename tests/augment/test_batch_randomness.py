"""Shares of a batch draw what the whole batch draws."""

import pytest
import torch

from stylemapgan.types import Share


@pytest.mark.parametrize("kind", ["uniform", "normal"])
@pytest.mark.parametrize("shape", [(), (2,), (3, 4, 4)])
def test_shares_together_draw_the_numbers_of_the_whole_batch(seeded, kind, shape):
    whole = getattr(seeded(), kind)(12, *shape)
    for count in (2, 3, 4):
        parts = [getattr(seeded(Share(i, count)), kind)(12 // count, *shape) for i in range(count)]
        interleaved = torch.stack(parts, dim=1).flatten(0, 1)
        assert torch.equal(interleaved, whole)


def test_shares_stay_in_step_draw_after_draw(seeded):
    whole, part = seeded(), seeded(Share(1, 2))
    for _ in range(3):
        assert torch.equal(whole.normal(8, 5)[1::2], part.normal(4, 5))
        assert torch.equal(whole.uniform(8)[1::2], part.uniform(4))


def test_numbers_are_of_the_kind_asked_for(seeded):
    uniform, normal = seeded().uniform(5000), seeded().normal(5000)
    assert 0 <= uniform.min().item() < 0.01
    assert 0.99 < uniform.max().item() < 1
    assert normal.mean().item() == pytest.approx(0, abs=0.05)
    assert normal.std().item() == pytest.approx(1, abs=0.05)


def test_the_global_generator_is_left_alone(seeded):
    before = torch.get_rng_state()
    seeded().uniform(4)
    assert torch.equal(torch.get_rng_state(), before)
