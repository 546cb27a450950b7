"""Errors of pictures and features, weighted by a mask."""

import numpy as np
import torch

from stylemapgan.features.perceptual import EfficientNetDistance
from stylemapgan.methods.backbone.perceptual import (
    PerceptualFeatures,
    squared_error,
    unit_error,
    weighted_mean,
)


def test_squared_errors_are_means_over_everything():
    ours, theirs = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    for row in range(2):
        expected = np.mean((ours[row].numpy() - theirs[row].numpy()) ** 2)
        np.testing.assert_allclose(squared_error(ours, theirs)[row], expected, rtol=1e-5)


def test_positions_weigh_as_the_pixels_they_lie_on():
    maps = torch.randn(1, 2, 2, 2)
    weights = torch.zeros(1, 1, 4, 4)
    weights[0, 0, :2, :2] = 1.0  # all of the first position
    weights[0, 0, 2, 2] = 1.0  # a quarter of the last
    first, last = maps[0, :, 0, 0].mean(), maps[0, :, 1, 1].mean()
    expected = (first + 0.25 * last) / 1.25
    torch.testing.assert_close(weighted_mean(maps, weights)[0], expected)


def test_layers_add_up_to_the_distance_that_evaluation_measures():
    features = PerceptualFeatures()
    ours, theirs = torch.rand(2, 3, 32, 32) * 2 - 1, torch.rand(2, 3, 32, 32) * 2 - 1
    pairs = zip(features(ours), features(theirs), strict=True)
    ours_distance = torch.stack([unit_error(*pair) for pair in pairs]).mean(dim=0)
    expected = EfficientNetDistance(features.network)(ours, theirs)
    torch.testing.assert_close(ours_distance, expected)
