"""Averaged weights, step sizes and schedules are what their numbers say."""

import copy

import pytest
import torch
from torch import nn

from stylemapgan.config import StabilityConfig, TrainConfig
from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
from stylemapgan.methods.stylemapgan.state import StyleMapGANState
from stylemapgan.training.descent import update_ema
from stylemapgan.training.recipe import new_state
from stylemapgan.training.schedule import (
    ema_half_life,
    has_head_start,
    is_adversarial,
    is_due,
    learning_rate,
)
from stylemapgan.training.state import lazy_factor

CPU = torch.device("cpu")


@pytest.fixture
def state(settings) -> StyleMapGANState:
    return new_state(STYLEMAPGAN, settings(learning_rate=0.002, r1_interval=16), CPU)


def test_averaged_weights_agree_with_a_naive_average():
    current, average = nn.Linear(3, 2), nn.Linear(3, 2)
    expected = [parameter.detach().double() for parameter in average.parameters()]
    for _ in range(20):
        with torch.no_grad():
            for parameter in current.parameters():
                parameter.copy_(torch.randn_like(parameter))
        update_ema(average, current, images=16, half_life=100.0)
        decay = 2 ** (-16 / 100)
        expected = [
            decay * old + (1 - decay) * new.detach().double()
            for old, new in zip(expected, current.parameters(), strict=True)
        ]
    for found, wanted in zip(average.parameters(), expected, strict=True):
        torch.testing.assert_close(found.double(), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("images", [1, 8, 50])
def test_an_old_value_counts_half_after_the_half_life(images):
    current, average = nn.Linear(1, 1), nn.Linear(1, 1)
    with torch.no_grad():
        current.weight.zero_()
        average.weight.fill_(1.0)
    for _ in range(400 // images):
        update_ema(average, current, images=images, half_life=400.0)
    assert average.weight.item() == pytest.approx(0.5, rel=1e-5)


def test_the_default_half_life_is_0_999_an_update_at_batch_16():
    current, average = nn.Linear(1, 1), nn.Linear(1, 1)
    with torch.no_grad():
        current.weight.zero_()
        average.weight.fill_(1.0)
    update_ema(average, current, images=16, half_life=TrainConfig.ema_half_life)
    assert average.weight.item() == pytest.approx(0.999, abs=1e-7)


def test_running_averages_of_batch_normalisation_are_copied():
    current, average = nn.BatchNorm2d(2), nn.BatchNorm2d(2)
    current(torch.randn(4, 2, 3, 3))
    update_ema(average, current, images=1, half_life=1_000.0)
    for kept, value in zip(average.buffers(), current.buffers(), strict=True):
        assert torch.equal(kept, value)


def test_averaged_networks_start_equal_and_in_evaluation_mode(state):
    for average, current in (
        (state.generator_ema, state.generator),
        (state.encoder_ema, state.encoder),
    ):
        for kept, value in zip(average.parameters(), current.parameters(), strict=True):
            assert torch.equal(kept, value)
            assert kept.data_ptr() != value.data_ptr()
            assert not kept.requires_grad
        assert not average.training
        assert current.training


def test_adam_is_set_as_in_the_paper_and_corrected_for_lazy_r1(state):
    for optimizer in (state.generator_optimizer, state.encoder_optimizer):
        (group,) = optimizer.param_groups
        assert (group["lr"], group["betas"], group["eps"]) == (0.002, (0.0, 0.99), 1e-8)
    (group,) = state.discriminator_optimizer.param_groups
    assert group["lr"] == pytest.approx(0.002 * 16 / 17)
    assert group["betas"] == pytest.approx((0.0, 0.99 ** (16 / 17)))
    assert lazy_factor(16) == pytest.approx(16 / 17)


def test_every_parameter_has_exactly_one_optimiser(state):
    for network, optimizer in (
        (state.generator, state.generator_optimizer),
        (state.encoder, state.encoder_optimizer),
        (state.discriminator, state.discriminator_optimizer),
    ):
        held = [id(parameter) for group in optimizer.param_groups for parameter in group["params"]]
        assert held == [id(parameter) for parameter in network.parameters()]


def test_step_sizes_follow_the_schedule(state):
    config = TrainConfig(
        learning_rate=0.001,
        discriminator_learning_rate=0.003,
        warm_up_learning_rate=0.005,
        adversarial_from=100,
    )
    for images_seen, rate in ((99, 0.005), (100, 0.001)):
        state.images_seen = images_seen
        state.set_schedule(config)
        assert state.generator_optimizer.param_groups[0]["lr"] == rate
        assert state.encoder_optimizer.param_groups[0]["lr"] == rate
        corrected = state.discriminator_optimizer.param_groups[0]["lr"]
        assert corrected == pytest.approx(0.003 * 16 / 17)


def test_momentum_is_for_the_warm_up_alone(state):
    config = TrainConfig(warm_up_beta1=0.5, adversarial_from=100)
    for images_seen, beta1 in ((99, 0.5), (100, 0.0)):
        state.images_seen = images_seen
        state.set_schedule(config)
        for optimizer in (state.generator_optimizer, state.encoder_optimizer):
            assert optimizer.param_groups[0]["betas"] == (beta1, 0.99)


def test_the_same_seed_gives_the_same_networks_and_leaves_the_global_one_alone(settings):
    torch.manual_seed(123)
    expected = torch.randn(3)
    torch.manual_seed(123)
    one = new_state(STYLEMAPGAN, settings(seed=5), CPU)
    assert torch.equal(torch.randn(3), expected)
    same, other = (
        new_state(STYLEMAPGAN, settings(seed=5), CPU),
        new_state(STYLEMAPGAN, settings(seed=6), CPU),
    )
    first = [next(iter(each.encoder.parameters())) for each in (one, same, other)]
    assert torch.equal(first[0], first[1])
    assert not torch.equal(first[0], first[2])


def test_a_state_comes_back_whole(state, settings):
    saved = copy.deepcopy(state.state_dict())
    saved |= {"images_seen": 40, "updates": 5}
    other = new_state(STYLEMAPGAN, settings(seed=9), CPU)
    other.load_state_dict(saved)
    assert (other.images_seen, other.updates) == (40, 5)
    for kept, value in zip(other.encoder.parameters(), state.encoder.parameters(), strict=True):
        assert torch.equal(kept, value)


def test_the_learning_rate_stays_until_the_cooldown_and_falls_to_a_twentieth():
    config = TrainConfig(images=1_000, cooldown=400, learning_rate=0.01)
    rates = [learning_rate(config, seen) for seen in (0, 599, 600, 700, 800, 900, 1_000)]
    expected = [0.01, 0.01, 0.01, 0.0075, 0.005, 0.0025, 0.0005]
    assert rates == pytest.approx(expected)


def test_without_a_cooldown_the_learning_rate_never_changes():
    config = TrainConfig(images=1_000, learning_rate=0.01)
    assert {learning_rate(config, seen) for seen in (0, 500, 999, 1_000)} == {0.01}


def test_the_learning_rate_may_rise_at_the_beginning():
    rise = StabilityConfig(learning_rate_rise=90)
    config = TrainConfig(batch=8, learning_rate=0.01, stability=rise)
    rates = [learning_rate(config, seen) for seen in (0, 41, 90, 1_000)]
    assert rates == pytest.approx([0.01 * 8 / 98, 0.005, 0.01, 0.01])


def test_the_half_life_of_the_averages_may_grow_with_the_images_seen():
    config = TrainConfig(
        batch=8, ema_half_life=1_000.0, stability=StabilityConfig(ema_ramp_up=0.05)
    )
    half_lives = [ema_half_life(config, seen) for seen in (0, 10_000, 100_000)]
    assert half_lives == [8, 500, 1_000]
    assert ema_half_life(TrainConfig(ema_half_life=1_000.0), 0) == 1_000


def test_the_adversarial_game_starts_when_the_warm_up_is_over():
    config = TrainConfig(adversarial_from=24)
    assert [is_adversarial(config, seen) for seen in (0, 23, 24, 100)] == [False, False, True, True]
    assert is_adversarial(TrainConfig(), 0)


def test_the_discriminators_head_start_ends_with_the_warm_up():
    config = TrainConfig(adversarial_from=24, discriminator_head_start=8)
    early = [has_head_start(config, seen) for seen in (0, 15, 16, 23, 24, 100)]
    assert early == [False, False, True, True, False, False]
    assert not has_head_start(TrainConfig(adversarial_from=24), 23)


@pytest.mark.parametrize("batch", [1, 4, 7, 16])
def test_what_is_due_happens_once_for_each_multiple_passed(batch):
    due = [after for after in range(batch, 200, batch) if is_due(20, after - batch, after)]
    naive = [
        after
        for after in range(batch, 200, batch)
        if any(position % 20 == 0 for position in range(after - batch + 1, after + 1))
    ]
    assert due == naive
