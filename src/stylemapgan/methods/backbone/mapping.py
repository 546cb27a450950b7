"""The mapping network: from noise to style vectors."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import VectorConfig
from stylemapgan.models.layers import GAIN, EqualizedLinear, activate
from stylemapgan.models.mapping import LEARNING_RATE_MULTIPLIER

SAMPLE_BATCH = 256
SAMPLE_BATCHES = 16
"""Batches of style vectors that are averaged."""


class VectorMapping(nn.Module):
    """F: map a noise vector z to style vectors w_plus, one for each modulated layer.

    With shared styles the last layer computes one w, which is repeated. With layered styles it
    computes a different w for each layer of the synthesis network.

    Source: Karras et al., CVPR 2019, section 2; layered styles: Zhu et al., "In-Domain GAN
    Inversion for Real Image Editing", ECCV 2020.
    """

    def __init__(self, config: VectorConfig) -> None:
        super().__init__()
        self.config = config
        self.distinct = config.layers if config.styles == "layered" else 1
        widths = [config.style_channels] * config.mapping_layers
        widths.append(config.style_channels * self.distinct)
        self.layers = nn.ModuleList(
            EqualizedLinear(into, out, gain=GAIN, learning_rate_multiplier=LEARNING_RATE_MULTIPLIER)
            for into, out in pairwise(widths)
        )

    def forward(self, z: Float[Tensor, "batch z"]) -> Float[Tensor, "batch layers style"]:
        features = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)
        for layer in self.layers:
            features = activate(layer(features))
        w_plus = features.unflatten(1, (self.distinct, self.config.style_channels))
        return w_plus.expand(-1, self.config.layers, -1)


def mean_w_plus(mapping: VectorMapping, seed: int = 0) -> Float[Tensor, "1 layers style"]:
    """Average the style vectors of many random z."""
    randomness = torch.Generator().manual_seed(seed)
    weights = next(mapping.parameters())
    means = []
    with torch.no_grad():
        for _ in range(SAMPLE_BATCHES):
            z = torch.randn(SAMPLE_BATCH, mapping.config.style_channels, generator=randomness)
            means.append(mapping(z.to(weights)).mean(dim=0, keepdim=True))
    return torch.cat(means).mean(dim=0, keepdim=True)


def truncate(
    w_plus: Float[Tensor, "batch layers style"], mean: Float[Tensor, "1 layers style"], psi: float
) -> Float[Tensor, "batch layers style"]:
    """Pull style vectors towards their mean: psi 1 leaves them alone, 0 gives the mean.

    Source: Karras et al., CVPR 2019, appendix B.
    """
    return mean + psi * (w_plus - mean)
