"""A generator with per-pixel noise, to compare with: the paper's has none.

StyleGAN makes strands of hair and pores from noise. StyleMapGAN does without, since an encoder
cannot know the noise of a photo.

Source: Karras et al., CVPR 2019, section 3.2, with one amount for all channels as in Karras et
al., CVPR 2020.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import ModelConfig
from stylemapgan.models import Generator
from stylemapgan.models.modulation import StyledConv2d


class NoisyGenerator(Generator):
    """Adds noise in every layer of the synthesis network but the last, from z and stylemaps alike.

    While it trains, each image gets fresh noise. In evaluation mode a fixed pattern takes its
    place, which is saved with the weights: equal stylemaps still give equal images.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        styled = [layer for layer in self.synthesis.modules() if isinstance(layer, StyledConv2d)]
        for index, layer in enumerate(styled[:-1]):
            side = config.stylemap_size * 2 ** ((index + 1) // 2)
            layer.add_module("convolution", NoisyConvolution(layer.convolution, side))

    def reseed(self, seed: int) -> None:
        """Let the noise from here on follow from a number, so that a resumed run draws the same."""
        randomness = torch.Generator().manual_seed(seed)
        for layer in self.modules():
            if isinstance(layer, PixelNoise):
                layer.randomness = randomness


class NoisyConvolution(nn.Module):
    """A convolution and the noise that is added to its result."""

    def __init__(self, convolution: nn.Module, side: int) -> None:
        super().__init__()
        self.convolution = convolution
        self.noise = PixelNoise(side)

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out out_height out_width"]:
        return self.noise(self.convolution(features))


class PixelNoise(nn.Module):
    """Add noise, equal for all channels, in a learned amount that starts at 0."""

    pattern: Tensor

    def __init__(self, side: int) -> None:
        super().__init__()
        self.amount = nn.Parameter(torch.zeros(()))
        self.register_buffer("pattern", torch.randn(1, 1, side, side))
        self.randomness: torch.Generator | None = None
        """Where noise comes from in training, on the CPU; PyTorch's default one if None."""

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        noise = self.pattern
        if self.training:
            shape = (len(features), *self.pattern.shape[1:])
            noise = torch.randn(shape, generator=self.randomness).to(features.device)
        return features + (self.amount * noise).to(features.dtype)
