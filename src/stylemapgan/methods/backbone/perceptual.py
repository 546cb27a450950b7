"""Features that pictures are compared in while latents are optimised (phi in the formulas).

Papers use VGG16. Here it is EfficientNet-Lite0, which needs no download. Its layers stand for
those of VGG16 whose positions are as far apart:

| VGG16 | EfficientNet-Lite0 | pixels from one position to the next |
| --- | --- | --- |
| conv1_1 | stem | 1 in VGG16, here 2 |
| conv1_2 | block 0 | 1 in VGG16, here 2 |
| conv3_2 | block 2 | 4 |
| conv4_2, conv4_3 | block 4 | 8 |

Pictures below 128 pixels are enlarged to 128 pixels first. The layers' numbers differ much in
size, so each layer is divided by its root mean square on photos of faces.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.features.efficientnet import EfficientNetLite0, load_efficientnet_lite0
from stylemapgan.features.perceptual import EFFICIENTNET_LAYERS, enlarge, unit_length

TYPICAL = (2.6, 5.5, 8.4, 7.8)
"""Root mean squares of the layers on 48 photos of faces, of 64 and of 128 pixels."""
Maps = Float[Tensor, "batch channels rows columns"]
Targets = Float[Tensor, "#batch channels rows columns"]
Weights = Float[Tensor, "_ 1 height width"] | None
"""How much each pixel of a picture counts; None if all count alike."""
PerPicture = Float[Tensor, " batch"]


class PerceptualFeatures(nn.Module):
    """The four layers of EfficientNet-Lite0 that stand for VGG16's."""

    def __init__(self, network: EfficientNetLite0 | None = None) -> None:
        super().__init__()
        self.network = network or load_efficientnet_lite0()

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> list[Float[Tensor, "batch _ _ _"]]:
        features = self.network(enlarge(images), block_count=EFFICIENTNET_LAYERS[-1])
        layers = zip(EFFICIENTNET_LAYERS, TYPICAL, strict=True)
        return [features[layer] / typical for layer, typical in layers]


def squared_error(ours: Maps, theirs: Targets, weights: Weights = None) -> PerPicture:
    """Average the squared difference of each pair of pictures or feature maps.

    Args:
        ours: Pictures or feature maps.
        theirs: As many, or one for all.
        weights: Of pixels; a position of a feature map takes the mean of those it lies on.
    """
    return weighted_mean((ours - theirs).square(), weights)


def unit_error(ours: Maps, theirs: Targets, weights: Weights = None) -> PerPicture:
    """Average the squared distance of features scaled to length 1 at each position.

    It is a layer's share of LPIPS (Zhang et al., CVPR 2018), without weights for channels.
    """
    apart = (unit_length(ours) - unit_length(theirs)).square().sum(dim=1, keepdim=True)
    return weighted_mean(apart, weights)


def weighted_mean(maps: Maps, weights: Weights) -> PerPicture:
    """Average each map over channels and positions."""
    if weights is None:
        return maps.mean(dim=(1, 2, 3))
    weights = F.interpolate(weights, size=maps.shape[-2:], mode="area")
    above = (weights * maps).mean(dim=1).sum(dim=(1, 2))
    return above / weights.sum(dim=(1, 2, 3)).clamp(min=torch.finfo(maps.dtype).tiny)


def chosen(
    features: Sequence[Float[Tensor, "photos _ _ _"]], rows: Tensor
) -> list[Float[Tensor, "rows _ _ _"]]:
    """Take the feature maps of some photos."""
    return [each[rows] for each in features]
