"""Sets of pictures are compared by what closed forms say, and photos are looked at once."""

from dataclasses import replace

import numpy as np
import pytest

from stylemapgan.data import spread_rows
from stylemapgan.evaluation.sets import (
    LARGEST_RESAMPLED,
    LEAST,
    count_compared,
    frechet_of,
    likeness_features,
    set_coverage,
    set_distances,
    set_figures,
    too_few,
)
from stylemapgan.metrics.clouds import frechet_distance, measure_cloud


def cloud(count: int, features: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    mixing = random.normal(size=(features, features))
    return (random.normal(size=(count, features)) @ mixing + seed).astype(np.float32)


@pytest.mark.parametrize(("ours", "theirs"), [(5, 9), (40, 9), (9, 40), (60, 50)])
def test_few_pictures_give_the_frechet_distance_of_their_covariances(ours, theirs):
    one, other = cloud(ours, 20), cloud(theirs, 20, seed=3)
    expected = frechet_distance(measure_cloud(one), measure_cloud(other))
    assert frechet_of(one, other) == pytest.approx(expected, rel=1e-6)


def test_equal_sets_are_no_distance_apart():
    few = cloud(6, 20)
    assert frechet_of(few, few) == pytest.approx(0, abs=1e-6)


def test_both_sides_are_capped_alike(context):
    assert count_compared(context, 0) == 14
    assert count_compared(context, 2_000) == 14
    assert count_compared(context, 9) == 9
    chosen = context.data.training.take(spread_rows(14, 9))
    expected = chosen.reshape(9, 3, 2, 16, 2, 16).mean(axis=(3, 5)).reshape(9, 12)
    np.testing.assert_allclose(likeness_features(context, 9), expected, rtol=1e-6)


def test_few_photos_cannot_be_compared(context):
    assert too_few(context, LEAST) is None
    assert f"at least {LEAST} pictures in each, here are 5" in (too_few(context, 5) or "")


def test_photos_are_looked_at_once_for_each_network_and_choice(context):
    looked = []
    network = context.features

    def measure(batches):
        looked.append(1)
        return network.measure(batches)

    watched = replace(context, features=replace(network, measure=measure))
    first = likeness_features(watched, 9)
    again = likeness_features(watched, 9)
    np.testing.assert_array_equal(first, again)
    assert len(looked) == 1
    likeness_features(watched, 10)
    other = replace(watched, features=replace(watched.features, key="another"))
    likeness_features(other, 9)
    assert len(looked) == 3


def test_figures_carry_their_set_and_shares_stay_shares(context):
    measures = (*set_distances(context.features), *set_coverage(context.features))
    real, near, far = cloud(30, 4), cloud(30, 4) + 0.01, cloud(30, 4) + 1_000
    figures = {
        figure.key: figure
        for figure in set_figures(context, measures, real, {"near": near, "far": far}, ["recall"])
    }
    assert [key for key, figure in figures.items() if figure.is_main] == ["recall (near)"]
    assert figures["frechet (near)"].estimate.value < 1 < figures["frechet (far)"].estimate.value
    assert figures["frechet (near)"].title == "Fréchet (colours)"
    assert figures["kernel (far)"].title == "Kernel (colours)"
    assert figures["precision (near)"].estimate.value == 1
    assert figures["recall (far)"].estimate.value == 0
    for figure in figures.values():
        estimate = figure.estimate
        assert estimate.low <= estimate.value <= estimate.high
        if figure.name in ("precision", "recall"):
            assert 0 <= estimate.low <= estimate.high <= 1


def test_sets_too_large_to_resample_have_no_interval(context):
    large = cloud(LARGEST_RESAMPLED + 1, 2)
    frechet, _ = set_distances(context.features)
    (figure,) = set_figures(context, [frechet], large, {"": cloud(40, 2)})
    assert np.isfinite(figure.estimate.value)
    assert np.isnan(figure.estimate.low)
    assert figure.estimate.count == 40
