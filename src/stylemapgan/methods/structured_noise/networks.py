"""The grid of codes, the linear layers of its cells, and the generator that starts there."""

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import VectorConfig
from stylemapgan.methods.backbone.generator import AbstractGenerator
from stylemapgan.models.layers import random_weights

GRID = 8
"""Height and width of the grid, in cells."""
GLOBAL, SHARED, LOCAL = 1, 1, 16
"""Numbers of a global, a shared and a local code."""
QUARTERS = 2
"""Shared codes along each side."""
WIDER = 1.3
"""Factor of the first level's channels, for the parameters of the levels that are left out."""
GROUP = 8
"""Channels are a multiple of it."""


class Codes(NamedTuple):
    """The codes of pictures."""

    style: Float[Tensor, "batch style"]
    """As z or, after the mapping network, as w."""
    everywhere: Float[Tensor, "batch 1 1 1"]
    """Global codes (`global` is a word of Python's own)."""
    shared: Float[Tensor, "batch 1 2 2"]
    """Shared codes, one for each quarter of the picture."""
    local: Float[Tensor, "batch 16 rows columns"]
    """Local codes, one for each cell."""


def grid_shapes(config: VectorConfig) -> VectorConfig:
    """Shape a generator that starts at the grid, of about as many parameters and operations.

    Levels smaller than the grid are left out, and the first one that stays is wider instead. There
    is one style for all layers. A configuration whose constant is large enough keeps its size.
    """
    skipped = 0
    while config.constant_size * 2**skipped < GRID and skipped < config.doublings:
        skipped += 1
    widths = config.generator_widths[skipped:]
    if skipped:
        widths = (max(GROUP, GROUP * round(WIDER * widths[0] / GROUP)), *widths[1:])
    size = config.constant_size * 2**skipped
    return dataclasses.replace(config, constant_size=size, generator_widths=widths, styles="shared")


def code_shapes(config: VectorConfig) -> tuple[tuple[int, ...], ...]:
    """List the shapes of the style, global, shared and local codes of a picture."""
    size = config.constant_size
    return (
        (config.style_channels,),
        (GLOBAL, 1, 1),
        (SHARED, QUARTERS, QUARTERS),
        (LOCAL, size, size),
    )


class CellLinear(nn.Module):
    """Linear layers without bias, one for each cell of a grid, scaled as `EqualizedLinear` is.

    Source: Alharbi and Wonka, CVPR 2020, figure 2.
    """

    def __init__(self, in_channels: int, out_channels: int, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(random_weights(size**2, out_channels, in_channels))
        self.scale = 1 / math.sqrt(in_channels)

    def forward(
        self, codes: Float[Tensor, "batch codes rows columns"]
    ) -> Float[Tensor, "batch channels rows columns"]:
        weight = self.weight * self.scale
        features = torch.einsum("poc,ncp->nop", weight, codes.flatten(2))  # p: cells
        return features.unflatten(2, codes.shape[-2:])


class StructuredGenerator(AbstractGenerator):
    """Maps codes to images: the synthesis network starts at features of the grid.

    The constant of the synthesis network is the bias of the cells' layers, and 0 at first.
    """

    def __init__(self, config: VectorConfig) -> None:
        super().__init__(config)
        self.grid = CellLinear(
            GLOBAL + SHARED + LOCAL, config.generator_widths[0], config.constant_size
        )
        nn.init.zeros_(self.synthesis.constant)

    @property
    def z_channels(self) -> int:
        """Numbers of all codes of a picture."""
        return sum(map(math.prod, code_shapes(self.config)))

    def forward(
        self,
        z: Float[Tensor, "batch z"],
        noise: Sequence[Float[Tensor, "_ 1 _ _"]] | None = None,
    ) -> Float[Tensor, "batch 3 height width"]:
        return self.synthesize(self.mapped(self.split(z)), noise)

    def split(self, numbers: Float[Tensor, "batch numbers"]) -> Codes:
        """Divide the numbers of all codes: the style first, then global, shared and local codes."""
        shapes = code_shapes(self.config)
        parts = numbers.split([math.prod(shape) for shape in shapes], dim=1)
        return Codes(*(part.unflatten(1, shape) for part, shape in zip(parts, shapes, strict=True)))

    def mapped(self, codes: Codes) -> Codes:
        """Map the style from z to w."""
        return codes._replace(style=self.mapping(codes.style)[:, 0])

    def synthesize(
        self, codes: Codes, noise: Sequence[Float[Tensor, "_ 1 _ _"]] | None = None
    ) -> Float[Tensor, "batch 3 height width"]:
        """Generate images of codes whose style is w; `VectorSynthesis` describes the noise."""
        styles = self.synthesis.styles(codes.style[:, None].expand(-1, self.config.layers, -1))
        return self.synthesis.continue_from(self.start(codes), 0, styles, noise)

    def start(self, codes: Codes) -> Float[Tensor, "batch channels rows columns"]:
        """Compute the features that stand in the place of the constant."""
        size = codes.local.shape[-2:]
        quarters = F.interpolate(codes.shared, size=size, mode="nearest")
        everywhere = codes.everywhere.expand(-1, -1, *size)
        seen = torch.cat([everywhere, quarters, codes.local], dim=1)  # by each cell
        return self.synthesis.start(len(seen)) + self.grid(seen)


def join(codes: Codes) -> Float[Tensor, "batch numbers"]:
    """Put the numbers of all codes in a row, in the order of `StructuredGenerator.split`."""
    return torch.cat([each.flatten(1) for each in codes], dim=1)
