"""The Fréchet distance agrees with closed forms and with SciPy's matrix root."""

import numpy as np
import pytest
import scipy.linalg
import torch

from stylemapgan.features.efficientnet import load_efficientnet_lite0
from stylemapgan.metrics.clouds import (
    Cloud,
    frechet_distance,
    measure_cloud,
    pooled_features,
)


def random_cloud(seed: int, features: int = 12, pictures: int = 200) -> Cloud:
    randomness = np.random.default_rng(seed)
    mixing = randomness.normal(size=(features, features))
    points = randomness.normal(size=(pictures, features)) @ mixing + randomness.normal()
    return measure_cloud(points)


def test_mean_and_covariance_are_those_of_a_naive_loop():
    points = np.random.default_rng(0).normal(size=(7, 3))
    mean = sum(points) / 7
    covariance = sum(np.outer(point - mean, point - mean) for point in points) / 6
    cloud = measure_cloud(points)
    np.testing.assert_allclose(cloud.mean, mean)
    np.testing.assert_allclose(cloud.covariance, covariance)


def test_the_distance_agrees_with_the_formula_by_scipys_matrix_root():
    one, other = random_cloud(1), random_cloud(2)
    root = np.real(np.asarray(scipy.linalg.sqrtm(one.covariance @ other.covariance)))
    expected = ((one.mean - other.mean) ** 2).sum() + np.trace(
        one.covariance + other.covariance - 2 * root
    )
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(other, one) == pytest.approx(expected, rel=1e-6)


def test_clouds_with_diagonal_covariance_follow_the_closed_form():
    one = Cloud(np.array([0.0, 1.0]), np.diag([4.0, 9.0]), 10)
    other = Cloud(np.array([3.0, 1.0]), np.diag([1.0, 16.0]), 10)
    assert frechet_distance(one, other) == pytest.approx(9 + (2 - 1) ** 2 + (3 - 4) ** 2)


def test_a_cloud_is_at_distance_0_from_itself():
    cloud = random_cloud(3)
    assert frechet_distance(cloud, cloud) == pytest.approx(0.0, abs=1e-6)


def test_fewer_pictures_than_features_still_give_a_real_distance():
    one, other = random_cloud(4, pictures=5), random_cloud(5, pictures=5)
    distance = frechet_distance(one, other)
    assert np.isfinite(distance)
    assert distance > 0


def test_a_single_picture_makes_no_cloud():
    with pytest.raises(ValueError, match="at least 2 pictures, got 1"):
        measure_cloud(np.zeros((1, 4)))


def test_features_do_not_depend_on_how_pictures_are_batched():
    network = load_efficientnet_lite0()
    images = torch.rand(5, 3, 32, 32) * 2 - 1
    together = pooled_features(network, [images])
    apart = pooled_features(network, images.split(2))
    assert together.shape == (5, 320)
    np.testing.assert_allclose(together, apart, atol=1e-4)
