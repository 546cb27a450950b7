"""The SEAN block: region-adaptive normalisation."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.methods.sean.regions import Layout
from stylemapgan.models.layers import GAIN, EqualizedConv2d, activate, random_weights

KERNEL = 3
HIDDEN = 16
"""Channels between the two convolutions of the label map."""


class RegionLinear(nn.Module):
    """A linear map of style vectors for each region, with an equalised learning rate."""

    def __init__(self, regions: int, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(random_weights(regions, channels, channels))
        self.bias = nn.Parameter(torch.zeros(regions, channels))
        self.scale = 1 / math.sqrt(channels)

    def forward(
        self, styles: Float[Tensor, "batch rows style"]
    ) -> Float[Tensor, "batch rows style"]:
        photos = styles.unflatten(1, (-1, len(self.weight)))  # (batch, photos, regions, style)
        mapped = torch.einsum("bprc,rdc->bprd", photos, self.weight * self.scale)
        return (mapped + self.bias.to(mapped.dtype)).flatten(1, 2)


class SEANBlock(nn.Module):
    """Normalise features, then scale and shift each position by its region and that one's style.

    Scale gamma and shift beta are maps, and both have two sources. The style branch maps style
    vectors by a linear map of their region, broadcasts them into their regions and convolves the
    result. The mask branch convolves the label map alone. A learned share mixes the two:

        gamma = a gamma_style + (1 - a) gamma_mask,  beta = b beta_style + (1 - b) beta_mask
        result = normalised (1 + gamma) + beta

    The paper normalises over the batch; here each image is normalised by itself.

    Source: Zhu et al., CVPR 2020, section 3.2; the mask branch is SPADE, Park et al., CVPR 2019.
    """

    def __init__(self, channels: int, style_channels: int, regions: int) -> None:
        super().__init__()
        self.region_linear = RegionLinear(regions, style_channels)
        self.of_styles = EqualizedConv2d(style_channels, 2 * channels, KERNEL)
        self.of_map = EqualizedConv2d(regions, HIDDEN, KERNEL, gain=GAIN)
        self.of_hidden = EqualizedConv2d(HIDDEN, 2 * channels, KERNEL)
        self.mixing = nn.Parameter(torch.zeros(2))
        """Logits of a and b: both branches count the same at first."""

    def forward(
        self,
        features: Float[Tensor, "batch channels height width"],
        styles: Float[Tensor, "batch rows style"],
        layout: Layout,
    ) -> Float[Tensor, "batch channels height width"]:
        by_style = self.style_branch(styles, layout.rows).chunk(2, dim=1)
        by_map = self.of_hidden(activate(self.of_map(layout.regions))).chunk(2, dim=1)
        gamma, beta = (
            torch.lerp(other, own, share.to(own.dtype))
            for own, other, share in zip(by_style, by_map, self.mixing.sigmoid(), strict=True)
        )
        return torch.addcmul(beta, F.instance_norm(features).to(gamma.dtype), 1 + gamma)

    def style_branch(
        self,
        styles: Float[Tensor, "batch rows style"],
        rows: Float[Tensor, "batch rows height width"],
    ) -> Float[Tensor, "batch both height width"]:
        """Compute gamma and beta from the styles.

        Broadcasting and convolution are both linear, so the convolution's kernel is applied to
        the style vectors first and the results are broadcast: the same numbers, at a price that
        does not depend on the length of styles.
        """
        kernel = self.of_styles.scaled_weight().flatten(2)  # (both, style, 9)
        kernels = torch.einsum("bmc,ock->bomk", self.region_linear(styles), kernel)
        around = F.unfold(rows, KERNEL, padding=KERNEL // 2)  # (batch, rows * 9, positions)
        maps = kernels.flatten(2) @ around.to(kernels.dtype)
        bias = self.of_styles.bias
        assert bias is not None
        return (maps + bias.to(maps.dtype)[:, None]).unflatten(2, rows.shape[2:])
