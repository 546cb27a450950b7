"""The mapping network: from noise to a stylemap."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import ModelConfig
from stylemapgan.models.layers import GAIN, EqualizedLinear, activate

LEARNING_RATE_MULTIPLIER = 0.01


class MappingNetwork(nn.Module):
    """F: map a noise vector z to a stylemap.

    Only the last layer is spatial: it has an output for each channel of each cell.

    Source: Kim et al., CVPR 2021, section 3.1.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.stylemap_shape = (config.style_channels, config.stylemap_size, config.stylemap_size)
        widths = [config.style_channels] * config.mapping_layers
        widths.append(config.style_channels * config.stylemap_size**2)
        self.layers = nn.ModuleList(
            EqualizedLinear(into, out, gain=GAIN, learning_rate_multiplier=LEARNING_RATE_MULTIPLIER)
            for into, out in pairwise(widths)
        )

    def forward(self, z: Float[Tensor, "batch z"]) -> Float[Tensor, "batch style rows columns"]:
        return activate(self.layers[-1](self.hidden(z))).unflatten(1, self.stylemap_shape)

    def hidden(self, z: Float[Tensor, "batch z"]) -> Float[Tensor, "batch z"]:
        """Compute the inputs of the last layer."""
        features = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)
        for layer in list(self.layers)[:-1]:
            features = activate(layer(features))
        return features
