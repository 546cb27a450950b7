"""The Inception v3 that FID is defined with, and the resize before it.

The network and its weights are those of Heusel et al. (NeurIPS 2017), published by TensorFlow on
2015-12-05 and converted to PyTorch by M. Seitzer. They differ from torchvision's in pooling, in
the number of classes (1008) and in the scale of pictures.

Names of attributes are those of the public weights. The pooling differs from the paper's twice:
means at the border leave the padding out, and the last block takes the largest value instead of
the mean (https://github.com/mseitzer/pytorch-fid/issues/17).

Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016,
table 1, figures 5 to 7 and 10; Parmar et al., "On Aliased Resizing and Surprising
Subtleties in GAN Evaluation", CVPR 2022, for the resize.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32
from PIL import Image
from torch import Tensor, nn

from stylemapgan.features.download import OnProgress
from stylemapgan.features.weights import PublicWeights
from stylemapgan.images.levels import to_bytes
from stylemapgan.types import Images

SIDE = 299
"""Height and width of the network's inputs."""
FEATURES = 2048
"""Features of a picture: the means over positions of the last block."""
CLASSES = 1008
"""Outputs of the last layer, which FID does not use; the weights file includes it."""

FID_INCEPTION = PublicWeights(
    name="pt_inception-2015-12-05-6726825d.pth",
    url=(
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
        "pt_inception-2015-12-05-6726825d.pth"
    ),
    size=95_628_359,
    sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
)
"""ImageNet weights of Inception v3 (2015-12-05, TensorFlow)."""
MEASURE_OFFLINE = (
    "name it with --weights; the Fréchet distance on EfficientNet-Lite0 needs no download"
)


class FIDInception(nn.Module):
    """Inception v3 up to its last block, frozen; names are those of the weights file."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Convolution(3, 32, 3, 2, "valid")
        self.Conv2d_2a_3x3 = Convolution(32, 32, 3, 1, "valid")
        self.Conv2d_2b_3x3 = Convolution(32, 64, 3)
        self.Conv2d_3b_1x1 = Convolution(64, 80, 1)
        self.Conv2d_4a_3x3 = Convolution(80, 192, 3, 1, "valid")
        self.Mixed_5b = InceptionA(192, pooled=32)
        self.Mixed_5c = InceptionA(256, pooled=64)
        self.Mixed_5d = InceptionA(288, pooled=64)
        self.Mixed_6a = InceptionB(288)
        self.Mixed_6b = InceptionC(768, middle=128)
        self.Mixed_6c = InceptionC(768, middle=160)
        self.Mixed_6d = InceptionC(768, middle=160)
        self.Mixed_6e = InceptionC(768, middle=192)
        self.Mixed_7a = InceptionD(768)
        self.Mixed_7b = InceptionE(1280, pool=mean_of_neighbours)
        self.Mixed_7c = InceptionE(2048, pool=largest_neighbour)
        self.fc = nn.Linear(FEATURES, CLASSES)
        self.eval().requires_grad_(False)

    def forward(
        self, levels: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch features"]:
        """Compute the features of pictures.

        Args:
            levels: RGB from 0 to 255, as `clean_resize` returns them.
        """
        x = (levels - 128) / 128  # as the TensorFlow graph does
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = F.max_pool2d(x, 3, 2)  # (batch, 64, 73, 73)
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x))
        x = F.max_pool2d(x, 3, 2)  # (batch, 192, 35, 35)
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))
        x = self.Mixed_6b(self.Mixed_6a(x))  # (batch, 768, 17, 17)
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(x)))
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))  # (batch, 2048, 8, 8)
        return x.mean(dim=(2, 3))


def load_inception(
    given: Sequence[Path] = (), on_progress: OnProgress | None = None
) -> FIDInception:
    """Build the network with its public weights.

    Args:
        given: Files or folders to search for the weights before they are downloaded.
        on_progress: Called with the progress of the download.

    Raises:
        DataError: The weights are missing and cannot be downloaded, or are another file.
    """
    network = FIDInception()
    weights = FID_INCEPTION.load(MEASURE_OFFLINE, given, on_progress)
    counters = {name: value for name, value in network.state_dict().items() if _is_counter(name)}
    network.load_state_dict(counters | weights)
    return network


def clean_resize(images: Images) -> Float32[np.ndarray, "batch 3 side side"]:
    """Resize pictures in [-1, 1] to 299x299 pixels from 0 to 255, without aliasing.

    Pictures are first rounded to the 256 levels of a file, as all sets that FID compares must be.
    Then each colour is resized separately with Pillow's bicubic filter, which widens when pictures
    shrink, in floating point and without rounding. This is the "clean" resize of Parmar et al.
    """
    pictures = [
        np.stack([_resize_plane(plane) for plane in np.moveaxis(picture, -1, 0)])
        for picture in to_bytes(images)
    ]
    return np.stack(pictures)


def _resize_plane(plane: np.ndarray) -> Float32[np.ndarray, "side side"]:
    resized = Image.fromarray(plane.astype(np.float32)).resize(
        (SIDE, SIDE), Image.Resampling.BICUBIC
    )
    return np.clip(np.asarray(resized), 0, 255)


def _is_counter(name: str) -> bool:
    """Whether a tensor counts training batches, which older files omit and nothing needs."""
    return name.endswith("num_batches_tracked")


BATCH_NORM_EPS = 1e-3


class Convolution(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(
        self,
        into: int,
        out: int,
        size: int | tuple[int, int],
        stride: int = 1,
        padding: Literal["same", "valid"] = "same",
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(into, out, size, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(out, eps=BATCH_NORM_EPS)

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out out_height out_width"]:
        return F.relu(self.bn(self.conv(features)))


class InceptionA(nn.Module):
    """1x1, 5x5 and two 3x3 in a row, beside a mean (figure 5)."""

    def __init__(self, into: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = Convolution(into, 64, 1)
        self.branch5x5_1 = Convolution(into, 48, 1)
        self.branch5x5_2 = Convolution(48, 64, 5)
        self.branch3x3dbl_1 = Convolution(into, 64, 1)
        self.branch3x3dbl_2 = Convolution(64, 96, 3)
        self.branch3x3dbl_3 = Convolution(96, 96, 3)
        self.branch_pool = Convolution(into, pooled, 1)

    def forward(self, x: Float[Tensor, "batch _ height width"]) -> Float[Tensor, "batch _ _ _"]:
        single = self.branch5x5_2(self.branch5x5_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pooled = self.branch_pool(mean_of_neighbours(x))
        return torch.cat([self.branch1x1(x), single, double, pooled], dim=1)


class InceptionB(nn.Module):
    """Halve the resolution at 35x35: strided 3x3 beside the largest value (figure 10)."""

    def __init__(self, into: int) -> None:
        super().__init__()
        self.branch3x3 = Convolution(into, 384, 3, 2, "valid")
        self.branch3x3dbl_1 = Convolution(into, 64, 1)
        self.branch3x3dbl_2 = Convolution(64, 96, 3)
        self.branch3x3dbl_3 = Convolution(96, 96, 3, 2, "valid")

    def forward(self, x: Float[Tensor, "batch _ height width"]) -> Float[Tensor, "batch _ _ _"]:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, F.max_pool2d(x, 3, 2)], dim=1)


class InceptionC(nn.Module):
    """7x7 split into rows and columns, once and twice, beside a mean (figure 6)."""

    def __init__(self, into: int, middle: int) -> None:
        super().__init__()
        row, column = (1, 7), (7, 1)
        self.branch1x1 = Convolution(into, 192, 1)
        self.branch7x7_1 = Convolution(into, middle, 1)
        self.branch7x7_2 = Convolution(middle, middle, row)
        self.branch7x7_3 = Convolution(middle, 192, column)
        self.branch7x7dbl_1 = Convolution(into, middle, 1)
        self.branch7x7dbl_2 = Convolution(middle, middle, column)
        self.branch7x7dbl_3 = Convolution(middle, middle, row)
        self.branch7x7dbl_4 = Convolution(middle, middle, column)
        self.branch7x7dbl_5 = Convolution(middle, 192, row)
        self.branch_pool = Convolution(into, 192, 1)

    def forward(self, x: Float[Tensor, "batch _ height width"]) -> Float[Tensor, "batch _ _ _"]:
        single = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        pooled = self.branch_pool(mean_of_neighbours(x))
        return torch.cat([self.branch1x1(x), single, double, pooled], dim=1)


class InceptionD(nn.Module):
    """Halve the resolution at 17x17: strided 3x3 beside the largest value."""

    def __init__(self, into: int) -> None:
        super().__init__()
        self.branch3x3_1 = Convolution(into, 192, 1)
        self.branch3x3_2 = Convolution(192, 320, 3, 2, "valid")
        self.branch7x7x3_1 = Convolution(into, 192, 1)
        self.branch7x7x3_2 = Convolution(192, 192, (1, 7))
        self.branch7x7x3_3 = Convolution(192, 192, (7, 1))
        self.branch7x7x3_4 = Convolution(192, 192, 3, 2, "valid")

    def forward(self, x: Float[Tensor, "batch _ height width"]) -> Float[Tensor, "batch _ _ _"]:
        small = self.branch3x3_2(self.branch3x3_1(x))
        large = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        return torch.cat([small, self.branch7x7x3_4(large), F.max_pool2d(x, 3, 2)], dim=1)


class InceptionE(nn.Module):
    """3x3 as a row and a column side by side, beside a pool (figure 7)."""

    def __init__(self, into: int, pool: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        row, column = (1, 3), (3, 1)
        self.branch1x1 = Convolution(into, 320, 1)
        self.branch3x3_1 = Convolution(into, 384, 1)
        self.branch3x3_2a = Convolution(384, 384, row)
        self.branch3x3_2b = Convolution(384, 384, column)
        self.branch3x3dbl_1 = Convolution(into, 448, 1)
        self.branch3x3dbl_2 = Convolution(448, 384, 3)
        self.branch3x3dbl_3a = Convolution(384, 384, row)
        self.branch3x3dbl_3b = Convolution(384, 384, column)
        self.pool = pool
        self.branch_pool = Convolution(into, 192, 1)

    def forward(self, x: Float[Tensor, "batch _ height width"]) -> Float[Tensor, "batch _ _ _"]:
        single = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        spread = [
            self.branch3x3_2a(single),
            self.branch3x3_2b(single),
            self.branch3x3dbl_3a(double),
            self.branch3x3dbl_3b(double),
        ]
        pooled = self.branch_pool(self.pool(x))
        return torch.cat([self.branch1x1(x), *spread, pooled], dim=1)


def mean_of_neighbours(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Average each 3x3 window over the values that lie inside."""
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def largest_neighbour(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Take the largest value of each 3x3 window."""
    return F.max_pool2d(x, 3, stride=1, padding=1)
