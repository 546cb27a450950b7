"""Lookup is `grid_sample`, but differentiable twice."""

import torch
import torch.nn.functional as F
from torch.autograd import gradcheck, gradgradcheck

from stylemapgan.augment.resampling import look_up


def grid(batch: int, size: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.rand(batch, size, size, 2, dtype=dtype) * 2.4 - 1.2  # some beyond the border


def test_lookup_blends_the_four_pixels_around_as_a_loop_does():
    images, places = torch.randn(1, 2, 5, 5, dtype=torch.float64), grid(1, 3)
    found = look_up(images, places)
    for row in range(3):
        for column in range(3):
            x, y = ((places[0, row, column] + 1) * 5 / 2 - 0.5).clamp(0, 4).tolist()
            expected = torch.zeros(2, dtype=torch.float64)
            for i in range(5):
                for j in range(5):
                    weight = max(0, 1 - abs(y - i)) * max(0, 1 - abs(x - j))
                    expected += weight * images[0, :, i, j]
            torch.testing.assert_close(found[0, :, row, column], expected)


def test_first_gradients_are_those_of_pytorch():
    images, places = torch.randn(2, 3, 6, 6).requires_grad_(), grid(2, 4, torch.float32)
    (ours,) = torch.autograd.grad(look_up(images, places).square().sum(), images)
    theirs = F.grid_sample(images, places, padding_mode="border", align_corners=False)
    (expected,) = torch.autograd.grad(theirs.square().sum(), images)
    torch.testing.assert_close(ours, expected)


def test_first_and_second_gradients_are_finite_differences():
    images, places = torch.randn(2, 2, 4, 4, dtype=torch.float64).requires_grad_(), grid(2, 3)

    def squared(x: torch.Tensor) -> torch.Tensor:
        return look_up(x, places).square()

    assert gradcheck(squared, (images,))
    assert gradgradcheck(squared, (images,))
