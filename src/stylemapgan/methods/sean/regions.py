"""Regions of a picture, their styles, and which pixel takes its style from where.

A label map with R parts becomes R maps of shares, one for each region: 0 or 1 at the picture's
size, between where it is averaged to fewer pixels. A photo has a style vector for each region, a
matrix of R rows. An edited picture takes styles from several photos: their matrices are stacked,
so that row m is a style of region m modulo R, and each row has a map of the pixels that take it.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor


class Layout(NamedTuple):
    """What each pixel shows, and which style it takes."""

    regions: Float[Tensor, "batch regions height width"]
    """Share of each region at each pixel; shares of a pixel sum to 1."""
    rows: Float[Tensor, "batch rows height width"]
    """Share of each row of the style matrix at each pixel; shares of a pixel sum to 1."""

    def averaged(self, size: int) -> "Layout":
        """Average squares of pixels, so that small regions do not vanish.

        Args:
            size: Height and width of the result; the layout's are a whole multiple.
        """
        return Layout(average(self.regions, size), average(self.rows, size))


def average(
    maps: Float[Tensor, "batch maps height width"], size: int
) -> Float[Tensor, "batch maps size size"]:
    """Average squares of pixels."""
    return F.avg_pool2d(maps, maps.shape[-1] // size)


def to_regions(
    label_maps: UInt8[Tensor, "batch height width"], count: int
) -> Float[Tensor, "batch regions height width"]:
    """Make a map of zeros and ones for each of `count` regions."""
    numbers = torch.arange(count, device=label_maps.device, dtype=torch.uint8)
    return (label_maps[:, None] == numbers[:, None, None]).float()


def own_layout(label_maps: UInt8[Tensor, "batch height width"], count: int) -> Layout:
    """Let every pixel of photos take the style of its own region."""
    regions = to_regions(label_maps, count)
    return Layout(regions, regions)


def average_in_regions(
    features: Float[Tensor, "batch channels height width"],
    regions: Float[Tensor, "batch regions height width"],
) -> Float[Tensor, "batch regions channels"]:
    """Average features inside each region: region-wise average pooling; 0 where it is empty.

    Source: Zhu et al., CVPR 2020, section 3.1.
    """
    weights = regions.flatten(2).float()
    sums = weights @ features.flatten(2).transpose(1, 2).float()  # (batch, regions, channels)
    return sums / weights.sum(dim=2, keepdim=True).clamp(min=torch.finfo(torch.float32).eps)
