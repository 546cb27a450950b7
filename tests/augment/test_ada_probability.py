"""p rises while the discriminator overfits, and falls while it does not."""

import pytest
import torch

from stylemapgan.augment import AdaptiveProbability, next_probability


def test_p_moves_by_the_images_seen_towards_the_target():
    assert next_probability(0.3, 0.9, 5_000) == pytest.approx(0.31)
    assert next_probability(0.3, 0.2, 5_000) == pytest.approx(0.29)
    assert next_probability(0.3, 0.6, 5_000) == 0.3
    assert next_probability(0.3, 0.6, 5_000, target=0.5) == pytest.approx(0.31)
    assert next_probability(0.3, 0.9, 5_000, images_to_full=50_000) == pytest.approx(0.4)


def test_p_stays_between_0_and_1():
    assert next_probability(0.001, -1.0, 5_000) == 0.0
    assert next_probability(0.999, 1.0, 5_000) == 1.0


def test_p_goes_from_0_to_1_in_the_images_asked_for():
    adaptive, images = AdaptiveProbability(), 0
    while adaptive.p < 1:
        adaptive.observe(1.0, 16)
        adaptive.adjust(images_to_full=1_600)
        images += 16
    assert images == pytest.approx(1_600, abs=16)


def test_all_images_since_the_last_adjustment_count():
    adaptive = AdaptiveProbability(p=0.5)
    for signs_mean, images in ((1.0, 2), (-0.5, 2), (1.0, 4)):
        adaptive.observe(torch.tensor(signs_mean), images)
    assert adaptive.adjust(images_to_full=80) == pytest.approx(5 / 8)
    assert adaptive.p == pytest.approx(0.6)

    adaptive.observe(torch.tensor(-1.0), 1)
    assert adaptive.adjust(images_to_full=80) == -1
    assert adaptive.p == pytest.approx(0.6 - 1 / 80)


def test_saved_between_adjustments_it_goes_on_as_if_never_stopped():
    kept, resumed = AdaptiveProbability(p=0.5), AdaptiveProbability()
    kept.observe(torch.tensor(1 / 3), 3)
    state = kept.state_dict()
    assert {type(value) for value in state.values()} == {float, int}
    resumed.load_state_dict(state)
    for adaptive in (kept, resumed):
        adaptive.observe(torch.tensor(0.25), 8)
        adaptive.adjust()
    assert resumed == kept
    assert kept.p != 0.5
