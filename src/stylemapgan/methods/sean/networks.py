"""Style encoder, generator and discriminator of SEAN."""

from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import VectorConfig
from stylemapgan.errors import ConfigError
from stylemapgan.methods.sean.block import SEANBlock
from stylemapgan.methods.sean.regions import Layout, average, average_in_regions
from stylemapgan.models.layers import GAIN, EqualizedConv2d, activate
from stylemapgan.models.resample import UpConv2d
from stylemapgan.models.trunk import DownBlock, Trunk

RGB = 3
LEVELS = 3
"""Resolutions of the style encoder: two halvings, then one doubling."""
HALVINGS = 3
"""Most halvings of a discriminator, whose logits each judge a patch of the picture."""
SCALES = 2
"""Discriminators; each sees half as many pixels along a side as the one before."""
LEAST_SIZE = 16
LEAST_PARTS = 2


class StyleEncoder(nn.Module):
    """E: average a photo's features inside each region into a style vector for each.

    Source: Zhu et al., CVPR 2020, section 3.1.
    """

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        refuse_unfit_shapes(config)
        widths = config.encoder_widths[-LEVELS:]
        self.trunk = Trunk(widths)
        self.up = UpConv2d(widths[0], widths[1], kernel_size=3)
        self.to_style = EqualizedConv2d(widths[1], config.style_channels, kernel_size=1, gain=GAIN)

    def forward(
        self,
        images: Float[Tensor, "batch 3 height width"],
        regions: Float[Tensor, "batch regions height width"],
    ) -> Float[Tensor, "batch regions style"]:
        features = activate(self.up(self.trunk(images)))
        features = torch.tanh(self.to_style(features))
        return average_in_regions(features, average(regions, features.shape[-1]))


class ResidualBlock(nn.Module):
    """Two normalised convolutions, and a skip that takes the first one's normalised features.

    In the paper a block of its own normalises the skip.

    Source: Zhu et al., CVPR 2020, section 3.2; Park et al., CVPR 2019.
    """

    def __init__(self, into: int, out: int, config: VectorConfig) -> None:
        super().__init__()
        style, regions = config.style_channels, len(config.parts)
        self.first_block = SEANBlock(into, style, regions)
        self.first = EqualizedConv2d(into, out, kernel_size=3, gain=GAIN)
        self.second_block = SEANBlock(out, style, regions)
        self.second = EqualizedConv2d(out, out, kernel_size=3, gain=GAIN)
        self.skip = EqualizedConv2d(into, out, kernel_size=1, bias=False)

    def forward(
        self,
        features: Float[Tensor, "batch channels height width"],
        styles: Float[Tensor, "batch rows style"],
        layout: Layout,
    ) -> Float[Tensor, "batch out height width"]:
        modulated = self.first_block(features, styles, layout)
        inner = self.second_block(self.first(activate(modulated)), styles, layout)
        return self.second(activate(inner)) + self.skip(modulated)


class SEANGenerator(nn.Module):
    """G: draw a picture from a label map and a style for each region.

    The smallest resolution begins with the label map alone; a residual block at each resolution
    brings in styles. Channels are half of the configuration's, because each convolution has a
    block before it that costs as much.

    Source: Zhu et al., CVPR 2020, section 3.2.
    """

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        refuse_unfit_shapes(config)
        self.config = config
        widths = [max(width // 2, 1) for width in config.generator_widths]
        self.of_map = EqualizedConv2d(len(config.parts), widths[0], kernel_size=3)
        self.blocks = nn.ModuleList(
            ResidualBlock(into, out, config) for into, out in pairwise([widths[0], *widths])
        )
        self.to_rgb = EqualizedConv2d(widths[-1], RGB, kernel_size=3)

    def forward(
        self, styles: Float[Tensor, "batch rows style"], layout: Layout
    ) -> Float[Tensor, "batch 3 height width"]:
        sizes = [self.config.constant_size * 2**level for level in range(len(self.blocks))]
        features = self.of_map(average(layout.regions, sizes[0]))
        for size, block in zip(sizes, self.blocks, strict=True):
            if features.shape[-1] < size:
                features = F.interpolate(features, scale_factor=2.0, mode="nearest")
            features = block(features, styles, layout.averaged(size))
        return torch.tanh(self.to_rgb(activate(features)))


class Judgement(NamedTuple):
    """What a discriminator makes of pictures with their label maps."""

    logits: Float[Tensor, "batch 1 rows columns"]
    """One for each patch."""
    features: list[Tensor]
    """After each layer, (batch, channels, height, width)."""


class PatchDiscriminator(nn.Module):
    """Judge patches of a picture together with its label map.

    Source: Isola et al., CVPR 2017.
    """

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        widths = config.discriminator_widths[-HALVINGS - 1 :][::-1]  # the picture's size first
        self.of_pair = EqualizedConv2d(RGB + len(config.parts), widths[0], 1, gain=GAIN)
        self.blocks = nn.ModuleList(DownBlock(into, out) for into, out in pairwise(widths))
        self.last = EqualizedConv2d(widths[-1], widths[-1], kernel_size=3, gain=GAIN)
        self.to_logit = EqualizedConv2d(widths[-1], 1, kernel_size=1)

    def forward(self, pairs: Float[Tensor, "batch both height width"]) -> Judgement:
        features = [activate(self.of_pair(pairs))]
        for block in self.blocks:
            features.append(block(features[-1]))
        features.append(activate(self.last(features[-1])))
        return Judgement(self.to_logit(features[-1]), features)


class PairDiscriminator(nn.Module):
    """D: judge pictures with their label maps at two scales.

    Source: Zhu et al., CVPR 2020, section 3.3; Wang et al., CVPR 2018.
    """

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(config) for _ in range(SCALES))

    def forward(
        self,
        images: Float[Tensor, "batch 3 height width"],
        regions: Float[Tensor, "batch regions height width"],
    ) -> list[Judgement]:
        pairs = torch.cat([images, regions.to(images.dtype)], dim=1)
        found = []
        for discriminator in self.scales:
            found.append(discriminator(pairs))
            pairs = F.avg_pool2d(pairs, 2)
        return found


def refuse_unfit_shapes(config: VectorConfig) -> None:
    """Let only shapes pass that these networks can have.

    Raises:
        ConfigError: Pictures are too small, or the parts are not named.
    """
    if config.image_size < LEAST_SIZE:
        raise ConfigError(
            f"The method sean needs pictures of at least {LEAST_SIZE} pixels, got "
            f"{config.image_size}."
        )
    if len(config.parts) < LEAST_PARTS:
        raise ConfigError(
            f"The method sean needs the names of at least {LEAST_PARTS} parts, got "
            f"{len(config.parts)}: give photos with maps of parts, or vector.parts."
        )
