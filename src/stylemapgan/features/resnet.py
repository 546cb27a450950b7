"""ResNet-50, and CNNDetection, a detector of generated pictures built on it.

The weights of CNNDetection are for non-commercial use only, so they are not downloaded: users who
may use them provide the authors' file, `blur_jpg_prob0.1.pth` or `blur_jpg_prob0.5.pth`.

Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, table 1 and figure 5;
strides sit in the 3x3 convolutions, as in torchvision's networks of that name. Wang et al.,
"CNN-generated images are surprisingly easy to spot... for now", CVPR 2020.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.errors import CheckpointError

STEM_WIDTH = 64
BLOCKS = (3, 4, 6, 3)
"""Bottlenecks of each of the four layers; each layer doubles the width of the one before."""
EXPANSION = 4
"""Ratio of a bottleneck's output channels to those of its 3x3 convolution."""
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Of ImageNet, for pictures in [0, 1]."""


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1, and the input added, projected where shapes change (figure 5)."""

    def __init__(self, into: int, middle: int, stride: int) -> None:
        super().__init__()
        out = middle * EXPANSION
        self.conv1 = nn.Conv2d(into, middle, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.downsample = nn.Sequential()
        if stride != 1 or into != out:
            self.downsample.extend(
                [nn.Conv2d(into, out, 1, stride, bias=False), nn.BatchNorm2d(out)]
            )

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out out_height out_width"]:
        x = F.relu(self.bn1(self.conv1(features)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.bn3(self.conv3(x)) + self.downsample(features))


class ResNet50(nn.Module):
    """The network of table 1, frozen; names are those of torchvision's weights files."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, STEM_WIDTH, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM_WIDTH)
        self.layer1 = _layer(STEM_WIDTH, 64, BLOCKS[0], stride=1)
        self.layer2 = _layer(256, 128, BLOCKS[1], stride=2)
        self.layer3 = _layer(512, 256, BLOCKS[2], stride=2)
        self.layer4 = _layer(1024, 512, BLOCKS[3], stride=2)
        self.fc = nn.Linear(2048, outputs)
        self.eval().requires_grad_(False)

    def forward(
        self, pictures: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch outputs"]:
        """Compute the outputs for pictures of mean 0 and deviation 1, of any size."""
        x = F.relu(self.bn1(self.conv1(pictures)))
        x = F.max_pool2d(x, 3, stride=2, padding=1)  # (batch, 64, height / 4, width / 4)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean(dim=(2, 3)))


class CNNDetection(nn.Module):
    """Detects generated pictures: a logit above 0 means that a picture counts as generated."""

    def __init__(self) -> None:
        super().__init__()
        self.network = ResNet50(outputs=1)
        self.mean = nn.Buffer(torch.tensor(MEAN).view(1, 3, 1, 1))
        self.std = nn.Buffer(torch.tensor(STD).view(1, 3, 1, 1))
        self.eval().requires_grad_(False)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, " batch"]:
        """Compute one logit for each picture in [-1, 1], at its own size."""
        shown = (images + 1) / 2
        return self.network((shown - self.mean) / self.std)[:, 0]


def load_cnn_detection(file: Path) -> CNNDetection:
    """Build the detector with the user's weights.

    Args:
        file: The authors' file, `{"model": weights, ...}`, or the weights alone.

    Raises:
        CheckpointError: The file is missing, damaged, or holds something else.
    """
    weights = _read(file)
    detector = CNNDetection()
    wanted = detector.network.state_dict()
    counters = {name: value for name, value in wanted.items() if _is_counter(name)}
    held = counters | dict(weights)
    for name, value in wanted.items():
        shape = getattr(held.get(name), "shape", None)
        if shape != value.shape:
            found = "which is missing" if shape is None else f"got {tuple(shape)}"
            raise CheckpointError(
                f"{file} does not hold CNNDetection: expected {name} of shape "
                f"{tuple(value.shape)}, {found}"
            )
    if unknown := [name for name in held if name not in wanted]:
        raise CheckpointError(
            f"{file} does not hold CNNDetection: its ResNet-50 has no {unknown[0]}"
        )
    detector.network.load_state_dict(held)
    return detector


def _read(file: Path) -> Mapping[str, Any]:
    """Read weights; no code in the file is ever run."""
    if not file.is_file():
        raise CheckpointError(f"{file} not found: expected the weights of CNNDetection.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damage raises an error below
            held = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle may raise anything
        raise CheckpointError(
            f"{file} does not hold PyTorch weights, or is damaged ({type(error).__name__})"
        ) from None
    weights = held.get("model", held) if isinstance(held, Mapping) else None
    if not isinstance(weights, Mapping):
        raise CheckpointError(f"{file} holds a {type(held).__name__}, expected weights by name")
    return weights


def _layer(into: int, middle: int, blocks: int, stride: int) -> nn.Sequential:
    """Chain bottlenecks; the first of them changes width and resolution."""
    rest = [Bottleneck(middle * EXPANSION, middle, 1) for _ in range(blocks - 1)]
    return nn.Sequential(Bottleneck(into, middle, stride), *rest)


def _is_counter(name: str) -> bool:
    """Whether a tensor counts training batches, which older files omit and nothing needs."""
    return name.endswith("num_batches_tracked")
