"""A discriminator that sees pictures through the features of a frozen network."""

from collections.abc import Sequence

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from stylemapgan.models.layers import SLOPE

MIXED = 64
"""Channels of the mixed features."""
LOGITS = 4
"""Height and width of each head's logits, in positions."""


class FeatureDiscriminator(nn.Module):
    """Small discriminators of patches, one for each resolution of a network's features.

    A discriminator of pretrained features looks at the few of them that tell real from fake most
    easily. Random projections, drawn once and never trained, spread each feature over all channels
    (1x1 convolutions) and over all finer resolutions (3x3 convolutions from coarse to fine).

    Args:
        widths: Channels of the features, from fine to coarse; each half the resolution before.

    Source: Sauer et al., "Projected GANs Converge Faster", NeurIPS 2021, section 3.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.across_channels = nn.ModuleList(
            nn.Conv2d(width, MIXED, kernel_size=1, bias=False) for width in widths
        )
        self.across_scales = nn.ModuleList(
            nn.Conv2d(MIXED, MIXED, kernel_size=3, padding=1, bias=False) for _ in widths
        )
        for projection in (*self.across_channels, *self.across_scales):
            nn.init.kaiming_normal_(projection.get_parameter("weight"), nonlinearity="linear")
            projection.requires_grad_(False)
        halvings = range(len(widths))[::-1]  # the coarsest features have the size of the logits
        self.heads = nn.ModuleList(_head(count) for count in halvings)

    def forward(self, features: Sequence[Float[Tensor, "batch _ _ _"]]) -> list[Tensor]:
        """Compute the logits of each head, (batch, 1, rows, columns).

        Args:
            features: From fine to coarse; the coarsest are `LOGITS` high and wide, or more.
        """
        mixed = None
        logits = []
        for level in range(len(features))[::-1]:
            here = self.across_channels[level](features[level])
            if mixed is not None:
                here = here + F.interpolate(mixed, size=here.shape[-2:], mode="bilinear")
            mixed = self.across_scales[level](here)
            logits.append(self.heads[level](mixed))
        return logits


def _head(halvings: int) -> nn.Sequential:
    """Halve the resolution, then judge every position."""
    layers: list[nn.Module] = []
    for _ in range(halvings):
        halving = nn.Conv2d(MIXED, MIXED, kernel_size=4, stride=2, padding=1)
        layers += [spectral_norm(halving), nn.LeakyReLU(SLOPE)]
    layers.append(spectral_norm(nn.Conv2d(MIXED, 1, kernel_size=3, padding=1)))
    return nn.Sequential(*layers)
