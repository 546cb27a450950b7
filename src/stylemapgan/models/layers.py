"""Convolutions and linear layers with an equalised learning rate.

Weights are stored as unit normals and scaled when used, so that Adam moves every layer at the
same relative speed (Karras et al., ICLR 2018, section 4.1).

The usual activation is a leaky ReLU followed by a gain of sqrt(2). A leaky ReLU commutes with
positive factors, so layers here apply the gain to their weights and bias instead: the same result
with one pass less over the features.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

SLOPE = 0.2
"""Slope of the leaky ReLU below zero."""
GAIN = math.sqrt(2.0)
"""Gain that preserves the variance through the activation."""


def activate(features: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Leaky ReLU without its gain, which the layer before has already applied."""
    return F.leaky_relu(features, SLOPE)


def random_weights(*shape: int, divisor: float = 1.0) -> Tensor:
    """Draw standard normal weights and divide them; nothing is drawn on the meta device.

    There, PyTorch would load a thousand modules to draw nothing: more than a second in which people
    wait for a model to open.
    """
    weights = torch.empty(shape)
    return weights if weights.is_meta else weights.normal_().div_(divisor)


class EqualizedConv2d(nn.Module):
    """Convolution whose weights are scaled by 1/sqrt(fan in) when used.

    Args:
        kernel_size: 1 or 3; odd, so that `same` padding keeps the size.
        bias: Add a learned offset to every channel.
        gain: Factor of the output, applied to weights and bias.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        bias: bool = True,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(
            random_weights(out_channels, in_channels, kernel_size, kernel_size)
        )
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.gain = gain
        self.scale = gain / math.sqrt(in_channels * kernel_size**2)

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out height width"]:
        padding = self.weight.shape[-1] // 2
        return F.conv2d(features, self.scaled_weight(), self.scaled_bias(), padding=padding)

    def scaled_weight(self) -> Float[Tensor, "out channels kernel kernel"]:
        """Compute the weights that the convolution uses."""
        return self.weight * self.scale

    def scaled_bias(self) -> Float[Tensor, " out"] | None:
        """Compute the bias that the convolution uses."""
        return None if self.bias is None else self.bias * self.gain


class EqualizedLinear(nn.Module):
    """Linear layer whose weights are scaled by 1/sqrt(fan in) when used.

    Args:
        gain: Factor of the output, applied to weights and bias.
        learning_rate_multiplier: Scales the effective learning rate: weights are stored divided
            by it and multiplied by it when used.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        gain: float = 1.0,
        learning_rate_multiplier: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(
            random_weights(out_features, in_features, divisor=learning_rate_multiplier)
        )
        self.bias = nn.Parameter(torch.zeros(out_features))
        self.scale = gain * learning_rate_multiplier / math.sqrt(in_features)
        self.bias_scale = gain * learning_rate_multiplier

    def forward(self, features: Float[Tensor, "batch channels"]) -> Float[Tensor, "batch out"]:
        return F.linear(features, self.weight * self.scale, self.bias * self.bias_scale)
