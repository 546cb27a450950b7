"""Each warning comes when it should, and only then."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from stylemapgan.config import DataConfig, LossWeights, RunConfig, TrainConfig
from stylemapgan.config.training import StabilityConfig
from stylemapgan.training.report.discriminator_checks import blind_loss
from stylemapgan.training.report.history import History
from stylemapgan.training.report.warnings import CHECKS, warnings

LOOKS = 400
STEP = 80
"""Images between two looks at the losses."""

Course = Callable[[float], float]
"""A value as a function of the run's progress from 0 to 1."""


def healthy() -> dict[str, Course]:
    """Losses of a run that goes as it should."""
    return {
        "d/real": lambda t: 0.6,
        "d/generated": lambda t: 0.5,
        "d/reconstructed": lambda t: 0.4,
        "g/adversarial": lambda t: 1.2,
        "d/sign_real": lambda t: 0.4,
        "e/latent": lambda t: 0.5 * math.exp(-3 * t),
        "e/reconstruction": lambda t: 0.01 + 0.1 * math.exp(-4 * t),
    }


def a_run(
    losses: dict[str, Course] | None = None,
    errors: Sequence[float] = (0.05, 0.03, 0.02, 0.015),
    speed: Course = lambda t: 10.0,
    settings: RunConfig | None = None,
    **more: Any,
) -> History:
    """Write the journal of a run by hand."""
    courses = healthy() | (losses or {})
    entries: list[dict[str, Any]] = []
    for look in range(1, LOOKS + 1):
        t = look / LOOKS
        values = {name: course(t) for name, course in courses.items()}
        entries.append({"images": look * STEP, "losses": values, "images_per_second": speed(t)})
        quarter, rest = divmod(look * len(errors), LOOKS)
        if not rest:
            measured = {"mse": errors[quarter - 1], "sharpness": 0.6 + 0.05 * quarter}
            entries.append({"images": look * STEP, "validation": measured})
    held_out = DataConfig(photos="train", validation="val")
    return History(settings or RunConfig(data=held_out), entries, **more)


def titles(history: History) -> list[str]:
    return [warning.title for warning in warnings(history)]


def test_a_healthy_run_is_left_in_peace():
    assert titles(a_run()) == []


def test_a_run_that_just_began_is_left_in_peace():
    whole = a_run({"d/real": lambda t: 0.01, "d/generated": lambda t: 0.01})
    assert titles(dataclasses.replace(whole, entries=whole.entries[:20])) == []


WINNING: dict[str, Course] = {
    "d/real": lambda t: 0.4 * (1 - t) + 0.02,
    "d/generated": lambda t: 0.4 * (1 - t) + 0.02,
    "g/adversarial": lambda t: 1 + 5 * t,
}


def test_a_discriminator_that_wins_is_reported():
    history = a_run(WINNING)
    assert titles(history) == ["the discriminator is winning"]
    assert "r1_gamma" in warnings(history)[0].text


@pytest.mark.parametrize(
    ("level", "expected"), [(7.0, ["the discriminator is winning"]), (5.0, [])]
)
def test_a_discriminator_of_pairs_that_wins_is_reported(level, expected):
    """Its losses have two terms each, so twice as much counts as high and as sure."""
    pairs: dict[str, Course] = {
        "d/pairs": lambda t: 0.25,
        "g/pairs": lambda t: level * (0.9 + t / 10),
    }
    assert titles(a_run(pairs)) == expected


@pytest.mark.parametrize(
    "relief",
    [
        {"g/adversarial": lambda t: 6 - t},  # high, and falling
        {"g/adversarial": lambda t: 1 + t},  # rising, and low
        {"d/real": lambda t: 0.5},  # unsure of photos
    ],
)
def test_a_discriminator_that_is_only_ahead_is_no_winner(relief):
    assert "the discriminator is winning" not in titles(a_run(WINNING | relief))


def test_the_best_blind_answer_is_found_in_closed_form():
    weights = LossWeights(discriminator=0.7, discriminator_domain_guided=1.9)
    history = a_run(settings=RunConfig(training=TrainConfig(weights=weights)))
    logits = np.linspace(-6, 6, 100_001)
    on_real, on_fake = np.logaddexp(0, -logits), np.logaddexp(0, logits)
    assert blind_loss(history) == pytest.approx((0.7 * on_real + (0.7 + 1.9) * on_fake).min())


def test_a_discriminator_that_learns_nothing_is_reported():
    blind = {
        "d/real": lambda t: math.log(3),
        "d/generated": lambda t: math.log(1.5),
        "d/reconstructed": lambda t: math.log(1.5),
    }
    assert titles(a_run(blind)) == ["the discriminator learns nothing"]


def test_without_domain_guidance_blind_means_two_ln_two():
    weights = LossWeights(discriminator_domain_guided=0.0)
    settings = RunConfig(training=TrainConfig(weights=weights))
    blind = {"d/real": lambda t: math.log(2), "d/generated": lambda t: math.log(2)}
    assert titles(a_run(blind, settings=settings)) == ["the discriminator learns nothing"]
    assert titles(a_run(settings=settings)) == []


def test_a_relativistic_discriminator_is_checked_by_its_own_loss():
    stability = StabilityConfig(adversarial_loss="relativistic")
    settings = RunConfig(training=TrainConfig(stability=stability))
    history = a_run(settings=settings)
    for entry in history.entries:
        entry.get("losses", {}).pop("d/real", None)
    assert titles(history) == []
    for entry in history.entries:
        if "losses" in entry:
            entry["losses"] |= {"d/generated": math.log(2), "d/reconstructed": math.log(2)}
    again = dataclasses.replace(history)
    assert titles(again) == ["the discriminator learns nothing"]


def test_an_encoder_that_lags_is_reported():
    assert titles(a_run({"e/latent": lambda t: 0.4})) == ["the encoder lags"]


@pytest.mark.parametrize(
    "latent",
    [
        lambda t: 0.5 - 0.2 * t,  # far behind, and falling
        lambda t: 0.5 * math.exp(-20 * t) + 0.05,  # at a standstill, at a tenth of its peak
    ],
)
def test_an_encoder_on_its_way_does_not_lag(latent):
    assert titles(a_run({"e/latent": latent})) == []


def test_a_worse_reconstruction_names_the_better_snapshot():
    history = a_run(errors=(0.03, 0.01, 0.011, 0.012), snapshots=("000016000.safetensors",))
    (warning,) = warnings(history)
    assert warning.title == "reconstruction got worse"
    assert "0.0100 at 16,000 images" in warning.text
    assert "20% more" in warning.text
    assert "The weights of that point are in snapshots/000016000.safetensors" in warning.text
    assert "Sharpness rose from 0.70 to 0.80" in warning.text


def test_a_snapshot_that_was_dropped_is_not_promised():
    (warning,) = warnings(a_run(errors=(0.03, 0.01, 0.011, 0.012)))
    assert "snapshots/000016000.safetensors) was not kept" in warning.text


def test_a_little_worse_is_no_warning():
    assert titles(a_run(errors=(0.03, 0.02, 0.0155, 0.016))) == []


def test_a_discriminator_that_knows_the_photos_by_heart_is_reported():
    history = a_run({"d/sign_real": lambda t: min(0.3 + t, 0.95)})
    assert titles(history) == ["the discriminator overfits"]
    assert "Set ada.target" in warnings(history)[0].text


@pytest.mark.parametrize(("p", "remedy"), [(0.4, "p = 0.40"), (1.0, "at its limit")])
def test_the_remedy_for_overfitting_depends_on_adaptive_augmentation(p, remedy):
    (warning,) = warnings(a_run({"d/sign_real": lambda t: 0.9, "augmentation/p": lambda t: p}))
    assert remedy in warning.text


GROWING_GAP = (0.05, 0.03, 0.029, 0.028)
"""While the training error of `healthy` falls from 0.05 to 0.01."""


def test_reconstructions_that_only_work_on_training_photos_are_reported():
    assert titles(a_run(errors=GROWING_GAP)) == ["encoder and generator overfit"]


def test_validation_on_the_training_photos_says_nothing_about_overfitting():
    assert titles(a_run(errors=GROWING_GAP, settings=RunConfig())) == []


def test_harder_validation_photos_are_not_taken_for_overfitting():
    trained = healthy()["e/reconstruction"]
    errors = [2 * trained(quarter / 4) for quarter in (1, 2, 3, 4)]
    assert titles(a_run(errors=errors)) == []


def test_a_spike_is_reported_with_its_place():
    def latent(t: float) -> float:
        return 50.0 if round(t * LOOKS) == 200 else 0.5 * math.exp(-3 * t)

    (warning,) = warnings(a_run({"e/latent": latent}))
    assert warning.title == "losses jump"
    assert "e/latent at 16,000 images" in warning.text


def test_a_loss_that_is_not_finite_is_reported():
    def real(t: float) -> float:
        return math.nan if round(t * LOOKS) == 8 else 0.6

    (warning,) = warnings(a_run({"d/real": real}))
    assert "Not finite: d/real at 640 images" in warning.text


def test_noise_and_a_loss_that_falls_fast_are_no_spikes():
    noise = np.random.default_rng(0).lognormal(0, 0.5, LOOKS + 1)
    noisy: dict[str, Course] = {
        "e/reconstruction": lambda t: noise[round(t * LOOKS)] * 0.3 * math.exp(-6 * t)
    }
    assert "losses jump" not in titles(a_run(noisy))


def test_a_drop_in_speed_is_reported():
    history = a_run(speed=lambda t: 10.0 if t < 0.8 else 4.0)
    assert titles(history) == ["the speed dropped"]


def test_a_phase_that_takes_longer_is_no_drop_in_speed():
    history = a_run(speed=lambda t: 30.0 if t <= 0.5 else 8.0)
    assert titles(history) == ["the speed dropped"]
    phases = {"adversarial": int(0.5 * LOOKS * STEP)}
    history = dataclasses.replace(
        history, entries=[{"images": 0, "phases": phases}, *history.entries]
    )
    assert titles(history) == []


def test_another_machine_is_no_drop_in_speed():
    history = a_run(speed=lambda t: 30.0 if t <= 0.6 else 8.0)
    history.entries.append({"images": int(0.6 * LOOKS * STEP), "machine": {"device": "older"}})
    history.entries.sort(key=lambda entry: entry["images"])
    assert titles(history) == []


def test_a_run_without_losses_of_a_kind_passes_every_check():
    history = a_run()
    for entry in history.entries:
        if "losses" in entry:
            entry["losses"] = {"e/reconstruction": entry["losses"]["e/reconstruction"]}
    entries = [entry for entry in history.entries if "validation" not in entry]
    bare = dataclasses.replace(history, entries=entries)
    assert [check(bare) for check in CHECKS] == [None] * len(CHECKS)
