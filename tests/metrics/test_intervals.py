"""Intervals agree with SciPy's bootstrap, hold what they promise, and follow from a seed."""

import math

import numpy as np
import pytest
import scipy.stats

from stylemapgan.errors import ConfigError
from stylemapgan.metrics import intervals
from stylemapgan.metrics.intervals import (
    Bootstrap,
    Estimate,
    mean_interval,
    ratio_interval,
    set_interval,
    statistic_interval,
)

SKEWED = np.random.default_rng(1).exponential(size=40)


def test_the_interval_of_a_mean_is_scipys_bca_interval():
    found = mean_interval(SKEWED, Bootstrap(resamples=20_000))
    expected = scipy.stats.bootstrap(
        (SKEWED,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    width = expected.high - expected.low
    assert found.value == pytest.approx(SKEWED.mean())
    assert found.count == 40
    assert found.low == pytest.approx(expected.low, abs=0.005 * width)
    assert found.high == pytest.approx(expected.high, abs=0.005 * width)


def test_the_interval_of_a_ratio_is_scipys_bca_interval():
    sizes = np.random.default_rng(2).uniform(1, 9, 40)

    def ratio(top: np.ndarray, bottom: np.ndarray, axis: int = -1) -> np.ndarray:
        return top.sum(axis=axis) / bottom.sum(axis=axis)

    found = ratio_interval(SKEWED, sizes, Bootstrap(resamples=20_000))
    expected = scipy.stats.bootstrap(
        (SKEWED, sizes), ratio, n_resamples=20_000, paired=True, rng=np.random.default_rng(0)
    ).confidence_interval
    width = expected.high - expected.low
    assert found.value == pytest.approx(SKEWED.sum() / sizes.sum())
    assert found.low == pytest.approx(expected.low, abs=0.005 * width)
    assert found.high == pytest.approx(expected.high, abs=0.005 * width)


def test_a_percentile_interval_is_scipys():
    found = statistic_interval(
        lambda rows: float(np.median(SKEWED[rows])), 40, Bootstrap(resamples=5_000)
    )
    expected = scipy.stats.bootstrap(
        (SKEWED,),
        np.median,
        n_resamples=5_000,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    assert found.value == np.median(SKEWED)
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=1e-9)


def test_intervals_hold_the_true_mean_as_often_as_they_promise():
    randomness = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        found = mean_interval(randomness.normal(size=50), Bootstrap(resamples=400))
        held += found.low <= 0 <= found.high
    assert 0.91 <= held / 400 <= 0.98


def test_intervals_of_sets_are_as_wide_as_the_figure_scatters_over_sets():
    def gap(one: np.ndarray, other: np.ndarray) -> float:
        return float(one.mean() - other.mean())  # its scatter is known: sqrt(1/100 + 1/200)

    randomness = np.random.default_rng(4)
    widths, held = [], 0
    for _ in range(100):
        one, other = randomness.normal(size=(100, 1)), randomness.normal(size=(200, 1))
        found = set_interval(gap, one, other, bootstrap=Bootstrap(set_resamples=200))
        assert found.value == pytest.approx(gap(one, other))
        assert found.count == 100
        widths.append(found.high - found.low)
        held += found.low <= 0 <= found.high
    assert np.mean(widths) == pytest.approx(2 * 1.96 * math.sqrt(0.015), rel=0.05)
    assert held >= 88


def test_equal_seeds_give_equal_intervals_however_memory_is_cut(monkeypatch):
    whole = mean_interval(SKEWED)
    assert mean_interval(SKEWED) == whole
    assert mean_interval(SKEWED, Bootstrap(seed=1)) != whole
    monkeypatch.setattr(intervals, "CHUNK", 1000)
    assert mean_interval(SKEWED) == whole


def test_measurements_without_spread_have_no_width():
    assert mean_interval(np.full(5, 0.25)) == Estimate(0.25, 0.25, 0.25, 5)
    assert mean_interval(np.full(5, np.inf)) == Estimate(math.inf, math.inf, math.inf, 5)


def test_more_confidence_makes_wider_intervals():
    sure, unsure = (mean_interval(SKEWED, Bootstrap(confidence=c)) for c in (0.99, 0.5))
    assert sure.low < unsure.low < unsure.value < unsure.high < sure.high


def test_too_little_to_measure_is_refused():
    with pytest.raises(ValueError, match="at least 2 measurements, got 1"):
        mean_interval(np.ones(1))
    with pytest.raises(ValueError, match="no pixel was measured"):
        ratio_interval(np.ones(3), np.zeros(3))
    with pytest.raises(ValueError, match="at least 4 pictures in each, got 3"):
        set_interval(lambda one: 0.0, np.ones((3, 2)))
    with pytest.raises(ConfigError, match="confidence must be between 0 and 1, got 95"):
        Bootstrap(confidence=95.0)


def test_draws_without_anything_to_measure_do_not_count():
    def precision(rows: np.ndarray) -> float:
        return float("nan") if (rows > 0).all() else 0.25

    found = statistic_interval(precision, 4)
    assert (found.value, found.low, found.high) == (0.25, 0.25, 0.25)
    assert np.isnan(statistic_interval(lambda rows: float("nan"), 4).high)
