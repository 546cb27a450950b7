"""Spatial modulation: how a stylemap scales and shifts features."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.config import ModelConfig
from stylemapgan.models.layers import EqualizedConv2d, activate
from stylemapgan.models.resample import UpConv2d


class LayerNormalisation(nn.Module):
    """Mean 0 and standard deviation 1 over all channels and positions of an image."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        return F.group_norm(features, num_groups=1)  # unlike layer_norm, keeps channels_last


class InstanceNormalisation(nn.Module):
    """Mean 0 and standard deviation 1 over the positions of each channel of an image."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        return F.instance_norm(features)


class BatchNormalisation(nn.BatchNorm2d):
    """Mean 0 and standard deviation 1 over a batch; running averages in evaluation mode."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, affine=False)


NORMALISATIONS: dict[str, type[nn.Module]] = {
    "layer": LayerNormalisation,
    "instance": InstanceNormalisation,
    "batch": BatchNormalisation,
}


class SpatialModulation(nn.Module):
    """Normalise features, then scale and shift each position by its own cell of the stylemap.

    AdaIN gives a channel one scale and one shift. Here both are maps, so the left eye and the
    right eye can have different styles. One convolution computes both maps, as they have the same
    input.

    Source: Kim et al., CVPR 2021, section 3.1.
    """

    def __init__(self, channels: int, style_channels: int, config: ModelConfig) -> None:
        super().__init__()
        self.normalise = NORMALISATIONS[config.normalisation](channels)
        self.to_scale_and_shift = EqualizedConv2d(
            style_channels, 2 * channels, kernel_size=config.modulation_kernel
        )
        with torch.no_grad():
            bias = self.to_scale_and_shift.bias
            assert bias is not None
            bias[:channels] = 1.0  # scale starts around 1, shift around 0

    def forward(
        self,
        features: Float[Tensor, "batch channels height width"],
        stylemap: Float[Tensor, "batch style height width"],
    ) -> Float[Tensor, "batch channels height width"]:
        scale, shift = self.to_scale_and_shift(stylemap).chunk(2, dim=1)
        return torch.addcmul(shift, self.normalise(features).to(scale.dtype), scale)


class StyledConv2d(nn.Module):
    """Modulation, convolution, bias and activation."""

    def __init__(
        self, modulation: SpatialModulation, convolution: EqualizedConv2d | UpConv2d
    ) -> None:
        super().__init__()
        self.modulation = modulation
        self.convolution = convolution

    def forward(
        self,
        features: Float[Tensor, "batch channels height width"],
        stylemap: Float[Tensor, "batch style height width"],
    ) -> Float[Tensor, "batch out out_height out_width"]:
        return activate(self.convolution(self.modulation(features, stylemap)))
