"""Noise and holes are as large and as frequent as asked."""

import pytest
import torch
from torch.autograd import gradcheck

from stylemapgan.augment.ada_colour import corrupt

P = 0.4


def test_noise_and_holes_happen_to_a_share_p_of_the_images(chances):
    images = torch.ones(3000, 3, 8, 8)
    corrupted = corrupt(images, chances(3000, P))
    holed = (corrupted == 0).flatten(1).any(dim=1)
    noisy = ((corrupted != 0) & (corrupted != 1)).flatten(1).any(dim=1)
    assert holed.float().mean().item() == pytest.approx(P, abs=0.025)
    assert noisy.float().mean().item() == pytest.approx(P, abs=0.025)


def test_the_strength_of_noise_is_half_normal(chances):
    noise = corrupt(torch.ones(2000, 3, 16, 16), chances(2000)) - 1
    strengths = torch.stack([image[image != -1].std() for image in noise])  # outside of holes
    assert strengths.mean().item() == pytest.approx(0.1 * (2 / torch.pi) ** 0.5, abs=0.004)
    assert strengths.square().mean().sqrt().item() == pytest.approx(0.1, abs=0.005)


def test_holes_have_half_the_side_and_some_reach_over_the_border(chances):
    holes = (corrupt(torch.ones(500, 3, 16, 16), chances(500)) == 0).all(dim=1)
    heights, widths = holes.any(dim=2).sum(dim=1), holes.any(dim=1).sum(dim=1)
    assert heights.max().item() == widths.max().item() == 8
    assert heights.min().item() < 6
    assert holes.any(dim=0).all()


def test_gradients_of_corruption_are_finite_differences(chances):
    images = torch.randn(2, 3, 4, 4, dtype=torch.float64).requires_grad_()
    assert gradcheck(lambda x: corrupt(x, chances(2)), (images,))
