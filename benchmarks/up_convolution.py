"""Whether one merged 6x6 kernel is faster than a transposed convolution and a blur.

The results are equal. `stylemapgan.models.resample` computes the two separately; this measures the
difference for every width of the presets.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from benchmarks.modes import MODES, arithmetic, arranged, settle_on
from benchmarks.timing import Effort, Timing, alternate
from stylemapgan.config import ModelConfig, preset
from stylemapgan.models.resample import BLUR, UpConv2d

TRAINING_BATCH = 8
MERGED = 3 + len(BLUR) - 1
"""Height and width of a merged kernel."""
TOLERANCE = 1e-4
"""Largest difference of the two ways' results, which have a standard deviation around 1."""


@dataclass(frozen=True, order=True)
class Shape:
    """An up-convolution of the synthesis network."""

    size: int
    """Height and width of the inputs, in pixels."""
    into: int
    out: int


@dataclass(frozen=True, kw_only=True)
class UpComparison:
    """One layer computed in both ways."""

    size: int
    into: int
    out: int
    device: str
    mode: str
    separate_ms: Timing
    """One image; transposed convolution, then blur."""
    merged_ms: Timing
    """One image; the kernels are merged each time, as in training, where weights change."""
    merged_ahead_ms: Timing
    """One image; the kernels are merged in advance."""
    training_batch: int
    training_separate_ms: Timing
    """Forward and backward pass of a batch."""
    training_merged_ms: Timing


class MergedUpConv2d(nn.Module):
    """Convolution to twice the resolution with one 6x6 kernel: weights and blur merged."""

    def __init__(self, separate: UpConv2d) -> None:
        super().__init__()
        self.separate = separate
        self.spread = nn.Buffer(spread_matrix())

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out 2*height 2*width"]:
        return up_convolve(features, self.merged_weight(), self.separate.scaled_bias())

    def merged_weight(self) -> Float[Tensor, "channels out 6 6"]:
        """Blur the 3x3 weights, which is equivalent to blurring their result."""
        weight = self.separate.scaled_weight().transpose(0, 1)
        return (weight.flatten(2) @ self.spread).unflatten(2, (MERGED, MERGED))


def spread_matrix() -> Float[Tensor, "9 36"]:
    """Compute how blurring spreads 3x3 weights over 6x6, as one matrix."""
    line = torch.tensor(BLUR)
    kernel = 4 * torch.outer(line, line) / sum(BLUR) ** 2
    single = torch.eye(9).view(9, 1, 3, 3)  # one weight each
    return F.conv2d(single, kernel[None, None], padding=len(BLUR) - 1).flatten(1)


class MergedAheadUpConv2d(nn.Module):
    """Convolution to twice the resolution, with kernels merged in advance."""

    def __init__(self, separate: UpConv2d) -> None:
        super().__init__()
        self.weight = nn.Parameter(MergedUpConv2d(separate).merged_weight().detach())
        bias = separate.scaled_bias()
        self.bias = None if bias is None else nn.Parameter(bias.detach())

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out 2*height 2*width"]:
        return up_convolve(features, self.weight, self.bias)


def up_convolve(
    features: Float[Tensor, "batch channels height width"],
    weight: Float[Tensor, "channels out 6 6"],
    bias: Float[Tensor, " out"] | None,
) -> Float[Tensor, "batch out 2*height 2*width"]:
    """Apply a merged kernel."""
    return F.conv_transpose2d(features, weight, bias, stride=2, padding=2)


def up_shapes(names: Sequence[str]) -> list[Shape]:
    """List the distinct up-convolutions of the presets' synthesis networks, small ones first."""
    return sorted({shape for name in names for shape in _shapes(preset(name).model)})


def compare_up(shape: Shape, device: str, effort: Effort) -> list[UpComparison]:
    """Time one layer's inference and training, computed both ways.

    Args:
        shape: The layer.
        device: Where to compute.
        effort: When to stop, for inference and for training.

    Raises:
        AssertionError: The two ways differ.
    """
    torch.manual_seed(0)
    separate = UpConv2d(shape.into, shape.out, kernel_size=3)
    ways = {
        "separate": separate,
        "merged": MergedUpConv2d(separate),
        "merged ahead": MergedAheadUpConv2d(separate),
    }
    one = torch.randn(1, shape.into, shape.size, shape.size)
    for way in ("merged", "merged ahead"):
        torch.testing.assert_close(ways[way](one), separate(one), atol=TOLERANCE, rtol=TOLERANCE)
    inference = _time(_infer, ways, one, device, effort)
    batch = torch.randn(TRAINING_BATCH, shape.into, shape.size, shape.size)
    del ways["merged ahead"]
    training = _time(_learn, ways, batch, device, effort)
    return [
        UpComparison(
            size=shape.size,
            into=shape.into,
            out=shape.out,
            device=device,
            mode=mode,
            separate_ms=inference[mode, "separate"],
            merged_ms=inference[mode, "merged"],
            merged_ahead_ms=inference[mode, "merged ahead"],
            training_batch=TRAINING_BATCH,
            training_separate_ms=training[mode, "separate"],
            training_merged_ms=training[mode, "merged"],
        )
        for mode in MODES
    ]


def _shapes(model: ModelConfig) -> list[Shape]:
    widths = model.generator_widths
    return [
        Shape(model.stylemap_size * 2**level, widths[level], widths[level + 1])
        for level in range(model.doublings)
    ]


def _time(
    work: Callable[[nn.Module, Tensor, str, str], None],
    ways: dict[str, nn.Module],
    features: Tensor,
    device: str,
    effort: Effort,
) -> dict[tuple[str, str], Timing]:
    works = {
        (mode, way): partial(
            work,
            arranged(copy.deepcopy(layer), mode, device),
            arranged(features, mode, device),
            mode,
            device,
        )
        for mode in MODES
        for way, layer in ways.items()
    }
    return alternate(works, effort, settle_on(device))


def _infer(layer: nn.Module, features: Tensor, mode: str, device: str) -> None:
    with torch.inference_mode(), arithmetic(mode, device):
        layer(features)


def _learn(layer: nn.Module, features: Tensor, mode: str, device: str) -> None:
    features = features.detach().requires_grad_()
    with arithmetic(mode, device):
        result = layer(features)
    torch.autograd.grad(result.float().mean(), [features, *layer.parameters()])
