"""Perceptual distances: how different two pictures look, in features of a network.

Source of LPIPS: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual
Metric", CVPR 2018, version 0.1 with VGG16.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.features.download import OnProgress
from stylemapgan.features.efficientnet import EfficientNetLite0
from stylemapgan.features.weights import LPIPS_VGG, VGG16

EFFICIENTNET_LAYERS = (0, 1, 3, 5)
"""The stem and the blocks 0, 2 and 4: positions in the list of features."""
SMALLEST_SIDE = 128
"""Smaller pictures are enlarged to this many pixels, so that feature maps are large enough."""


class AbstractPerceptualDistance(nn.Module, ABC):
    """A differentiable distance between pictures."""

    @abstractmethod
    def forward(
        self,
        one: Float[Tensor, "batch 3 height width"],
        other: Float[Tensor, "batch 3 height width"],
    ) -> Float[Tensor, " batch"]:
        """Compute one distance for each pair of pictures in [-1, 1]; 0 for equal pictures."""


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


STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Widths of VGG16's convolutions; pooling halves the resolution between stages."""
MEAN = (-0.030, -0.088, -0.188)
STD = (0.458, 0.448, 0.450)
"""Mean and standard deviation that LPIPS normalises pictures in [-1, 1] with, for VGG16."""
MEASURE_OFFLINE = (
    "name it with --weights; the distance in features of EfficientNet-Lite0 needs no download"
)


class VGG16Features(nn.Module):
    """The convolutions of VGG16; names are those of torchvision's weights file."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        self.taps: list[int] = []
        into = 3
        for stage, widths in enumerate(STAGES):
            if stage:
                layers.append(nn.MaxPool2d(2))
            for width in widths:
                layers += [nn.Conv2d(into, width, 3, padding=1), nn.ReLU()]
                into = width
            self.taps.append(len(layers) - 1)
        self.features = nn.Sequential(*layers)

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> list[Float[Tensor, "batch _ _ _"]]:
        """Compute the features at the end of each of the five stages."""
        tapped = []
        for index, layer in enumerate(self.features):
            images = layer(images)
            if index in self.taps:
                tapped.append(images)
        return tapped


class LPIPS(AbstractPerceptualDistance):
    """Distance in features of VGG16, with a weight for each channel fitted to human judgements."""

    def __init__(self) -> None:
        super().__init__()
        self.network = VGG16Features()
        self.channel_weights = nn.ParameterList(torch.ones(widths[-1]) for widths in STAGES)
        self.mean = nn.Buffer(torch.tensor(MEAN).view(1, 3, 1, 1))
        self.std = nn.Buffer(torch.tensor(STD).view(1, 3, 1, 1))
        self.eval().requires_grad_(False)

    def forward(
        self,
        one: Float[Tensor, "batch 3 height width"],
        other: Float[Tensor, "batch 3 height width"],
    ) -> Float[Tensor, " batch"]:
        features = zip(self._features(one), self._features(other), strict=True)
        total = torch.zeros(len(one), device=one.device)
        for (a, b), weights in zip(features, self.channel_weights, strict=True):
            squared = (unit_length(a.float()) - unit_length(b.float())).square()
            weighted = (squared * weights.view(1, -1, 1, 1)).sum(dim=1)
            total = total + weighted.mean(dim=(1, 2))
        return total

    def _features(self, images: Tensor) -> list[Tensor]:
        return self.network((images - self.mean) / self.std)


def load_lpips(
    given: Sequence[Path] = (),
    on_progress: OnProgress | None = None,
    alternative: str = MEASURE_OFFLINE,
) -> LPIPS:
    """Build LPIPS with its public weights, `vgg16-397923af.pth` and `vgg.pth`.

    Args:
        given: Files or folders to search for the weights before they are downloaded.
        on_progress: Called with the progress of each download.
        alternative: What to do without a connection, for the error message.

    Raises:
        DataError: The weights are missing and cannot be downloaded, or are other files.
    """
    distance = LPIPS()
    trunk = VGG16.load(alternative, given, on_progress)
    features = {name: value for name, value in trunk.items() if name.startswith("features.")}
    distance.network.load_state_dict(features)
    linear = LPIPS_VGG.load(alternative, given, on_progress)
    for index, weights in enumerate(distance.channel_weights):
        weights.copy_(linear[f"lin{index}.model.1.weight"].flatten())
    return distance
