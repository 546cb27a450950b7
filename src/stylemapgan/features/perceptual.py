"""How different two pictures look, as a network sees them."""

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.features.efficientnet import EfficientNetLite0

EFFICIENTNET_LAYERS = (0, 1, 3, 5)
"""The stem and the blocks 0, 2 and 4: positions in the list of features."""
SMALLEST_SIDE = 128
"""Smaller pictures are enlarged to this many pixels, so that features have room."""


class AbstractPerceptualDistance(nn.Module, ABC):
    """A distance between pictures that gradients flow through."""

    @abstractmethod
    def forward(
        self,
        one: Float[Tensor, "batch 3 height width"],
        other: Float[Tensor, "batch 3 height width"],
    ) -> Float[Tensor, " batch"]:
        """Compute one distance for each pair of pictures in [-1, 1]; 0 where they are equal."""


class EfficientNetDistance(AbstractPerceptualDistance):
    """Distance in the features of EfficientNet-Lite0.

    As in LPIPS (Zhang et al., CVPR 2018) features are scaled to unit length at each position;
    there are no learned weights for channels, so the scale differs from LPIPS.
    """

    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        one: Float[Tensor, "batch 3 height width"],
        other: Float[Tensor, "batch 3 height width"],
    ) -> Float[Tensor, " batch"]:
        total = torch.zeros(len(one), device=one.device)
        for a, b in zip(self._features(one), self._features(other), strict=True):
            total = total + unit_distance(a, b)
        return total / len(EFFICIENTNET_LAYERS)

    def _features(self, images: Tensor) -> list[Tensor]:
        enlarged = enlarge(images)
        features = self.network(enlarged, block_count=EFFICIENTNET_LAYERS[-1])
        return [features[layer] for layer in EFFICIENTNET_LAYERS]


def unit_distance(
    one: Float[Tensor, "batch channels height width"],
    other: Float[Tensor, "batch channels height width"],
) -> Float[Tensor, " batch"]:
    """Mean over positions of the squared distance between unit-length features."""
    difference = unit_length(one.float()) - unit_length(other.float())
    return difference.square().sum(dim=1).mean(dim=(1, 2))


def unit_length(
    features: Float[Tensor, "batch channels height width"],
) -> Float[Tensor, "batch channels height width"]:
    """Scale the vector at each position to length 1."""
    return features / (features.square().sum(dim=1, keepdim=True) + 1e-8).sqrt()


def enlarge(
    images: Float[Tensor, "batch 3 height width"],
) -> Float[Tensor, "batch 3 out_height out_width"]:
    """Enlarge small pictures until their shorter side has `SMALLEST_SIDE` pixels."""
    factor = SMALLEST_SIDE / min(images.shape[-2:])
    if factor <= 1:
        return images
    size = [round(side * factor) for side in images.shape[-2:]]
    return F.interpolate(images, size=size, mode="bilinear", align_corners=False)
