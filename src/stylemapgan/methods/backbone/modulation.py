"""Modulation by vectors: how a style vector scales and shifts features."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.models.layers import EqualizedLinear


class Style(NamedTuple):
    """Scale (gamma) and shift (beta) of one layer, (batch, channels, 1, 1).

    Both broadcast, so an edit may replace them by maps, (batch, channels, height, width), which
    style each position by itself.
    """

    scale: Tensor
    shift: Tensor


class AffineStyle(nn.Module):
    """A: map a style vector w to the scale and shift of one layer.

    Source: Karras et al., CVPR 2019, section 2.
    """

    def __init__(self, style_channels: int, channels: int) -> None:
        super().__init__()
        self.linear = EqualizedLinear(style_channels, 2 * channels)
        with torch.no_grad():
            self.linear.bias[:channels] = 1.0  # scale starts around 1, shift around 0

    def forward(self, w: Float[Tensor, "batch style"]) -> Style:
        scale, shift = self.linear(w)[:, :, None, None].chunk(2, dim=1)
        return Style(scale, shift)


def modulate(
    features: Float[Tensor, "batch channels height width"], style: Style
) -> Float[Tensor, "batch channels height width"]:
    """AdaIN: normalise every channel over its positions, then scale and shift it.

    A vector's scale and shift are the same at every position: a style says what is shown, not
    where.

    Source: Huang and Belongie, ICCV 2017; Karras et al., CVPR 2019, equation 1.
    """
    normalised = F.instance_norm(features).to(style.scale.dtype)
    return torch.addcmul(style.shift, normalised, style.scale)
