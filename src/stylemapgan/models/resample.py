"""Convolutions that double or halve the resolution without aliasing.

Both blur with the kernel [1, 3, 3, 1] in each direction (Karras et al., CVPR 2020, appendix B;
Zhang, ICML 2019). Merging blur and convolution into one 6x6 kernel gives equal results, but
training is 1.4 to 2.8 times slower on a CPU with the widths of the laptop presets, so they stay
apart; see benchmarks/README.md.
"""

from typing import Any, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from stylemapgan.models.layers import EqualizedConv2d

BLUR = (1.0, 3.0, 3.0, 1.0)
"""One direction of the blur kernel, before normalisation."""


def blur(
    features: Float[Tensor, "batch channels height width"],
    *,
    padding: tuple[int, int],
    stride: int = 1,
    gain: float = 1.0,
) -> Float[Tensor, "batch channels out_height out_width"]:
    """Blur every channel separately.

    Args:
        features: Features to blur.
        padding: Zeros before and after, along both height and width.
        stride: Distance between the positions that are kept.
        gain: Factor of the result; 1 preserves the mean.
    """
    line = torch.tensor(BLUR, dtype=features.dtype, device=features.device)
    kernel = torch.outer(line, line) * (gain / sum(BLUR) ** 2)
    channels = features.shape[1]
    before, after = padding
    if before != after:
        features = F.pad(features, (before, after, before, after))
        before = 0
    weight = kernel.expand(channels, 1, len(BLUR), len(BLUR))
    return cast(Tensor, _FixedFilter.apply(features, weight, stride, before))


class _FixedFilter(torch.autograd.Function):
    """Convolve every channel separately with a constant kernel.

    Ordinary convolutions keep their input for the gradient of their weights; differentiated twice,
    as for the R1 penalty, they compute that gradient channel by channel even if it is not needed.
    A constant kernel needs neither.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.shape, ctx.stride_and_padding = features.shape, (stride, padding)
        return _filter(features, weight, stride, padding)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        (weight,) = ctx.saved_tensors
        weight = weight.to(grad.dtype)
        return (
            _FixedFilterBack.apply(grad, weight, ctx.shape, ctx.stride_and_padding),
            None,
            None,
            None,
        )


class _FixedFilterBack(torch.autograd.Function):
    """The gradient of `_FixedFilter`, whose own gradient is the filter again."""

    @staticmethod
    def forward(
        ctx: Any,
        grad: Tensor,
        weight: Tensor,
        shape: torch.Size,
        stride_and_padding: tuple[int, int],
    ) -> Tensor:
        stride, padding = stride_and_padding
        ctx.save_for_backward(weight)
        ctx.stride_and_padding = stride_and_padding
        return _filter_back(grad, weight, shape, stride, padding)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        (weight,) = ctx.saved_tensors
        return _filter(grad, weight.to(grad.dtype), *ctx.stride_and_padding), None, None, None


def _filter(features: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    return F.conv2d(features, weight, stride=stride, padding=padding, groups=len(weight))


def _filter_back(
    grad: Tensor, weight: Tensor, shape: torch.Size, stride: int, padding: int
) -> Tensor:
    """Compute the gradient of `_filter` for its features by filtering once more.

    With one kernel for each channel, PyTorch's own gradient takes a CPU up to 12 times as long.
    """
    size = weight.shape[-1]
    spread = [length - size + 1 + 2 * padding for length in shape[2:]]
    if stride > 1:
        spaced = grad.new_zeros(*grad.shape[:2], *spread)
        if grad.is_contiguous(memory_format=torch.channels_last):
            spaced = spaced.contiguous(memory_format=torch.channels_last)
        spaced[..., ::stride, ::stride] = grad
        grad = spaced
    return _filter(grad, weight.flip(2, 3), 1, size - 1 - padding)


class UpConv2d(EqualizedConv2d):
    """Convolution to twice the resolution: transposed convolution, blur, then bias."""

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out 2*height 2*width"]:
        weight = self.scaled_weight().transpose(0, 1)
        features = F.conv_transpose2d(features, weight, stride=2)
        padding = (len(BLUR) - weight.shape[-1]) // 2 + weight.shape[-1] % 2
        features = blur(features, padding=(padding, padding), gain=4.0)
        bias = self.scaled_bias()
        return features if bias is None else features + bias.to(features.dtype)[:, None, None]


class DownConv2d(EqualizedConv2d):
    """Convolution to half the resolution: blur, then convolution with stride 2."""

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out height//2 width//2"]:
        kernel_size = self.weight.shape[-1]
        total = len(BLUR) - 2 + kernel_size - 1
        padding = ((total + 1) // 2, total // 2)
        if kernel_size == 1:  # blur only the positions that the stride keeps
            features = blur(features, padding=padding, stride=2)
            return F.conv2d(features, self.scaled_weight(), self.scaled_bias())
        features = blur(features, padding=padding)
        return F.conv2d(features, self.scaled_weight(), self.scaled_bias(), stride=2)
