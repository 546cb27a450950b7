"""Bilinear lookup that can be differentiated twice.

PyTorch's `grid_sample` can be differentiated once, and the R1 penalty needs a second time. Looking
up is linear in the image, so its gradient spreads values with the same weights, and the gradient
of spreading looks up again.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function

BILINEAR, BORDER = 0, 1
"""How `aten` numbers the two settings."""


def look_up(
    images: Float[Tensor, "batch channels height width"],
    grid: Float[Tensor, "batch out_height out_width 2"],
) -> Float[Tensor, "batch channels out_height out_width"]:
    """Read images between pixels; positions beyond the border read the border.

    Args:
        images: What to read; gradients flow to them and not to the grid.
        grid: Where: x and y from -1 to 1, the outer edges of the first and last pixel.
    """
    return _LookUp.apply(images, grid)  # pyright: ignore[reportReturnType]


class _LookUp(Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.shape = images.shape
        return F.grid_sample(images, grid, padding_mode="border", align_corners=False)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # pyright: ignore
        (grid,) = ctx.saved_tensors
        return _Spread.apply(gradient, grid, ctx.shape), None  # pyright: ignore


class _Spread(Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, grid: Tensor, shape: torch.Size) -> Tensor:
        ctx.save_for_backward(grid)
        spread, _ = torch.ops.aten.grid_sampler_2d_backward(
            values.contiguous(),
            values.new_zeros(()).expand(shape),  # only its shape counts
            grid,
            BILINEAR,
            BORDER,
            False,
            (True, False),
        )
        return spread

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore
        (grid,) = ctx.saved_tensors
        return _LookUp.apply(gradient, grid), None, None  # pyright: ignore
