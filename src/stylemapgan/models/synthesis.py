"""The synthesis network: from resized stylemaps to an image."""

import math

from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import ModelConfig
from stylemapgan.models.layers import GAIN, EqualizedConv2d, random_weights
from stylemapgan.models.modulation import SpatialModulation, StyledConv2d
from stylemapgan.models.resample import UpConv2d

RGB = 3
MOST_FEATURES = 32
"""Largest side of the features that `SynthesisNetwork.features` returns, in positions."""


class SynthesisBlock(nn.Module):
    """Double the resolution: two styled convolutions in parallel with a skip.

    The sum of main path and skip is divided by sqrt(2). The main path's own gain of sqrt(2)
    cancels that, so only the skip is scaled.
    """

    def __init__(self, config: ModelConfig, level: int) -> None:
        super().__init__()
        into, out = config.generator_widths[level : level + 2]
        style_into, style_out = config.resizer_widths[level : level + 2]
        self.up = StyledConv2d(
            SpatialModulation(into, style_into, config),
            UpConv2d(into, out, kernel_size=3, gain=GAIN),
        )
        self.refine = StyledConv2d(
            SpatialModulation(out, style_out, config),
            EqualizedConv2d(out, out, kernel_size=3),
        )
        self.skip = UpConv2d(into, out, kernel_size=1, bias=False, gain=1 / math.sqrt(2.0))

    def forward(
        self,
        features: Float[Tensor, "batch channels height width"],
        stylemap: Float[Tensor, "batch style height width"],
        finer_stylemap: Float[Tensor, "batch finer_style finer_height finer_width"],
    ) -> Float[Tensor, "batch out 2*height 2*width"]:
        raised = self.up(features, stylemap)
        return self.refine(raised, finer_stylemap) + self.skip(features)


class SynthesisNetwork(nn.Module):
    """G: generate an image from resized stylemaps, starting at a learned constant.

    Equal stylemaps give equal images: there is no per-pixel noise. Results are not clamped to
    [-1, 1].

    Source: Kim et al., CVPR 2021, section 3.1.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths, styles = config.generator_widths, config.resizer_widths
        size = config.stylemap_size
        between = [size * 2**level for level in range(1, config.doublings)]
        self._blocks_before_features = sum(side <= MOST_FEATURES for side in between)
        self.constant = nn.Parameter(random_weights(1, widths[0], size, size))
        self.first = StyledConv2d(
            SpatialModulation(widths[0], styles[0], config),
            EqualizedConv2d(widths[0], widths[0], kernel_size=3, gain=GAIN),
        )
        self.blocks = nn.ModuleList(
            SynthesisBlock(config, level) for level in range(config.doublings)
        )
        self.to_rgb = StyledConv2d(
            SpatialModulation(widths[-1], styles[-1], config),
            EqualizedConv2d(widths[-1], RGB, kernel_size=1, gain=GAIN),
        )

    def forward(
        self, w_plus: list[Float[Tensor, "batch _ _ _"]]
    ) -> Float[Tensor, "batch 3 height width"]:
        return self.image_of(self.features(w_plus), w_plus)

    def features(
        self, w_plus: list[Float[Tensor, "batch _ _ _"]]
    ) -> Float[Tensor, "batch channels rows columns"]:
        """Compute the features of the finest block up to 32x32 that is coarser than the image."""
        constant = self.constant.expand(w_plus[0].shape[0], -1, -1, -1)
        features = self.first(constant, w_plus[0])
        return self._through_blocks(features, w_plus, range(self._blocks_before_features))

    def image_of(
        self,
        features: Float[Tensor, "batch channels rows columns"],
        w_plus: list[Float[Tensor, "batch _ _ _"]],
    ) -> Float[Tensor, "batch 3 height width"]:
        """Compute the image from `features`."""
        rest = range(self._blocks_before_features, len(self.blocks))
        return self.to_rgb(self._through_blocks(features, w_plus, rest), w_plus[-1])

    def _through_blocks(
        self, features: Tensor, w_plus: list[Float[Tensor, "batch _ _ _"]], indices: range
    ) -> Tensor:
        for index in indices:
            features = self.blocks[index](features, *w_plus[2 * index + 1 : 2 * index + 3])
        return features
