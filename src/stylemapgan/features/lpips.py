"""LPIPS: a distance between pictures that was fitted to people's judgements.

Source: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric",
CVPR 2018, version 0.1 with VGG16.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.features.download import OnProgress
from stylemapgan.features.perceptual import AbstractPerceptualDistance, unit_length
from stylemapgan.features.weights import LPIPS_VGG, VGG16

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Widths of VGG16's convolutions; pooling halves the resolution between stages."""
MEAN = (-0.030, -0.088, -0.188)
STD = (0.458, 0.448, 0.450)
"""LPIPS brings pictures in [-1, 1] to the range VGG16 was trained in with these."""
MEASURE_OFFLINE = (
    "name it with --weights; without a download there is the distance in features of "
    "EfficientNet-Lite0"
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
    """Distance in the features of VGG16, each channel weighted as people see it."""

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
        given: Files or folders to look for the weights in before they are fetched.
        on_progress: Told how far the fetching is, one file after the other.
        alternative: What one can do without a connection, for the error.

    Raises:
        DataError: The weights are missing and cannot be fetched, or are other files.
    """
    distance = LPIPS()
    trunk = VGG16.load(alternative, given, on_progress)
    features = {name: value for name, value in trunk.items() if name.startswith("features.")}
    distance.network.load_state_dict(features)
    linear = LPIPS_VGG.load(alternative, given, on_progress)
    for index, weights in enumerate(distance.channel_weights):
        weights.copy_(linear[f"lin{index}.model.1.weight"].flatten())
    return distance
