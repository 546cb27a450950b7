"""Resample images: to twice the resolution and back without loss, and at any positions.

Doubling and halving are matrices, applied to columns and rows, that include the mirrored border.
Their filters are low-pass filters of orthogonal wavelets: shifted by any even number of taps, each
is orthogonal to itself, so an image that is enlarged and shrunk again comes back unchanged.

Lookup can be differentiated twice, as the R1 penalty needs; PyTorch's `grid_sample` can be
differentiated once. Lookup is linear in the image, so its gradient spreads values with the same
weights, and the gradient of spreading looks up again.

Source: Daubechies, "Ten Lectures on Wavelets", 1992, tables 6.1 and 8.3.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.autograd import Function

SYM2 = (
    (1 + math.sqrt(3)) / (4 * math.sqrt(2)),
    (3 + math.sqrt(3)) / (4 * math.sqrt(2)),
    (3 - math.sqrt(3)) / (4 * math.sqrt(2)),
    (1 - math.sqrt(3)) / (4 * math.sqrt(2)),
)
"""Two vanishing moments; equal to Daubechies' own wavelet of that length."""
SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
"""Six vanishing moments, as near to symmetric as they allow."""


TAPS = len(SYM6)
CENTRE = sum(k * tap for k, tap in enumerate(SYM6)) / sum(SYM6)
"""Pixel i of an image is at sample 2i + CENTRE of the enlarged image."""


def enlarged_size(size: int) -> int:
    """Samples across an enlarged image: those that shrinking looks at."""
    return 2 * size + TAPS - 2


def enlarge(
    images: Float[Tensor, "batch 3 size size"],
) -> Float[Tensor, "batch 3 fine fine"]:
    """Double the resolution, with a margin of the mirrored border."""
    size, margin = images.shape[-1], TAPS // 2 - 1
    pixels = torch.arange(-margin, size + margin, device=images.device)[:, None]
    taps = torch.arange(TAPS, device=images.device)
    rows = 2 * pixels + taps + 2 * margin  # (pixels, taps)
    matrix = images.new_zeros(enlarged_size(size) + 4 * margin, size)
    indices = (rows, mirror(pixels, size).expand_as(rows))
    matrix.index_put_(indices, images.new_tensor(SYM6).expand(rows.shape), accumulate=True)
    matrix = 2**0.5 * matrix[2 * margin : -2 * margin]  # (fine, size)
    return matrix @ images @ matrix.mT


def shrink(
    images: Float[Tensor, "batch 3 fine fine"],
) -> Float[Tensor, "batch 3 size size"]:
    """Halve the resolution; undoes `enlarge`."""
    fine = images.shape[-1]
    size = (fine - TAPS) // 2 + 1
    pixels = torch.arange(size, device=images.device)[:, None]
    columns = 2 * pixels + torch.arange(TAPS, device=images.device)  # (pixels, taps)
    taps = images.new_tensor(SYM6).expand(columns.shape)
    matrix = images.new_zeros(size, fine).scatter_(1, columns, taps) / 2**0.5
    return matrix @ images @ matrix.mT


def mirror(positions: Shaped[Tensor, "..."], size: int) -> Shaped[Tensor, "..."]:
    """Reflect positions beyond the first and last pixel, repeatedly if needed."""
    period = 2 * (size - 1)
    positions = positions.remainder(period)
    return torch.minimum(positions, period - positions)


BILINEAR, BORDER = 0, 1
"""Numbers of the two modes in `aten`."""


def look_up(
    images: Float[Tensor, "batch channels height width"],
    grid: Float[Tensor, "batch out_height out_width 2"],
) -> Float[Tensor, "batch channels out_height out_width"]:
    """Read images between pixels; positions beyond the border read the border.

    Args:
        images: Images to read; gradients flow to them, not to the grid.
        grid: Positions: x and y from -1 to 1, the outer edges of the first and last pixel.
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
