"""The blocks of Inception v3: branches of convolutions side by side, joined by channel.

Names of attributes are those of the public weights. Pooling is that of the network FID is defined
with, which is not the paper's in two places: means at the border leave the padding out, and the
very last block takes the largest value instead of the mean.

Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016,
figures 5 to 7 and 10; on the pooling: https://github.com/mseitzer/pytorch-fid/issues/17.
"""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

BATCH_NORM_EPS = 1e-3


class Convolution(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(
        self,
        into: int,
        out: int,
        size: int | tuple[int, int],
        stride: int = 1,
        padding: Literal["same", "valid"] = "same",
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(into, out, size, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(out, eps=BATCH_NORM_EPS)

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out out_height out_width"]:
        return F.relu(self.bn(self.conv(features)))


class InceptionA(nn.Module):
    """1x1, 5x5 and two 3x3 in a row, beside a mean (figure 5)."""

    def __init__(self, into: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = Convolution(into, 64, 1)
        self.branch5x5_1 = Convolution(into, 48, 1)
        self.branch5x5_2 = Convolution(48, 64, 5)
        self.branch3x3dbl_1 = Convolution(into, 64, 1)
        self.branch3x3dbl_2 = Convolution(64, 96, 3)
        self.branch3x3dbl_3 = Convolution(96, 96, 3)
        self.branch_pool = Convolution(into, pooled, 1)

    def forward(self, x: Float[Tensor, "batch _ height width"]) -> Float[Tensor, "batch _ _ _"]:
        single = self.branch5x5_2(self.branch5x5_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pooled = self.branch_pool(mean_of_neighbours(x))
        return torch.cat([self.branch1x1(x), single, double, pooled], dim=1)


class InceptionB(nn.Module):
    """Halve the resolution at 35x35: strided 3x3 beside the largest value (figure 10)."""

    def __init__(self, into: int) -> None:
        super().__init__()
        self.branch3x3 = Convolution(into, 384, 3, 2, "valid")
        self.branch3x3dbl_1 = Convolution(into, 64, 1)
        self.branch3x3dbl_2 = Convolution(64, 96, 3)
        self.branch3x3dbl_3 = Convolution(96, 96, 3, 2, "valid")

    def forward(self, x: Float[Tensor, "batch _ height width"]) -> Float[Tensor, "batch _ _ _"]:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, F.max_pool2d(x, 3, 2)], dim=1)


class InceptionC(nn.Module):
    """7x7 taken apart into rows and columns, once and twice, beside a mean (figure 6)."""

    def __init__(self, into: int, middle: int) -> None:
        super().__init__()
        row, column = (1, 7), (7, 1)
        self.branch1x1 = Convolution(into, 192, 1)
        self.branch7x7_1 = Convolution(into, middle, 1)
        self.branch7x7_2 = Convolution(middle, middle, row)
        self.branch7x7_3 = Convolution(middle, 192, column)
        self.branch7x7dbl_1 = Convolution(into, middle, 1)
        self.branch7x7dbl_2 = Convolution(middle, middle, column)
        self.branch7x7dbl_3 = Convolution(middle, middle, row)
        self.branch7x7dbl_4 = Convolution(middle, middle, column)
        self.branch7x7dbl_5 = Convolution(middle, 192, row)
        self.branch_pool = Convolution(into, 192, 1)

    def forward(self, x: Float[Tensor, "batch _ height width"]) -> Float[Tensor, "batch _ _ _"]:
        single = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        pooled = self.branch_pool(mean_of_neighbours(x))
        return torch.cat([self.branch1x1(x), single, double, pooled], dim=1)


class InceptionD(nn.Module):
    """Halve the resolution at 17x17: strided 3x3 beside the largest value."""

    def __init__(self, into: int) -> None:
        super().__init__()
        self.branch3x3_1 = Convolution(into, 192, 1)
        self.branch3x3_2 = Convolution(192, 320, 3, 2, "valid")
        self.branch7x7x3_1 = Convolution(into, 192, 1)
        self.branch7x7x3_2 = Convolution(192, 192, (1, 7))
        self.branch7x7x3_3 = Convolution(192, 192, (7, 1))
        self.branch7x7x3_4 = Convolution(192, 192, 3, 2, "valid")

    def forward(self, x: Float[Tensor, "batch _ height width"]) -> Float[Tensor, "batch _ _ _"]:
        small = self.branch3x3_2(self.branch3x3_1(x))
        large = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        return torch.cat([small, self.branch7x7x3_4(large), F.max_pool2d(x, 3, 2)], dim=1)


class InceptionE(nn.Module):
    """3x3 spread over a row and a column side by side, beside a pool (figure 7)."""

    def __init__(self, into: int, pool: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        row, column = (1, 3), (3, 1)
        self.branch1x1 = Convolution(into, 320, 1)
        self.branch3x3_1 = Convolution(into, 384, 1)
        self.branch3x3_2a = Convolution(384, 384, row)
        self.branch3x3_2b = Convolution(384, 384, column)
        self.branch3x3dbl_1 = Convolution(into, 448, 1)
        self.branch3x3dbl_2 = Convolution(448, 384, 3)
        self.branch3x3dbl_3a = Convolution(384, 384, row)
        self.branch3x3dbl_3b = Convolution(384, 384, column)
        self.pool = pool
        self.branch_pool = Convolution(into, 192, 1)

    def forward(self, x: Float[Tensor, "batch _ height width"]) -> Float[Tensor, "batch _ _ _"]:
        single = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        spread = [
            self.branch3x3_2a(single),
            self.branch3x3_2b(single),
            self.branch3x3dbl_3a(double),
            self.branch3x3dbl_3b(double),
        ]
        pooled = self.branch_pool(self.pool(x))
        return torch.cat([self.branch1x1(x), *spread, pooled], dim=1)


def mean_of_neighbours(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Average each 3x3 window over the values that lie inside."""
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def largest_neighbour(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Take the largest value of each 3x3 window."""
    return F.max_pool2d(x, 3, stride=1, padding=1)
