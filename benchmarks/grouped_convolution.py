"""Compare plain convolutions with the per-sample ones that modulated weights need.

StyleGAN2 modulates weights, so each image has its own convolution, computed for a batch as one
grouped convolution. StyleMapGAN modulates features, so weights do not depend on the image and a
plain convolution suffices. Here the same networks are computed in both ways, with equal results.
"""

import copy
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from benchmarks.modes import MODES, arithmetic, arranged, settle_on
from benchmarks.timing import Effort, Timing, alternate
from stylemapgan.config import preset
from stylemapgan.models import Generator
from stylemapgan.models.layers import EqualizedConv2d
from stylemapgan.models.modulation import StyledConv2d
from stylemapgan.models.resample import UpConv2d, blur
from stylemapgan.models.synthesis import SynthesisBlock, SynthesisNetwork

BATCH = 4
TOLERANCE = 1e-4
"""Largest difference of the two ways' results, which have a standard deviation around 1."""


@dataclass(frozen=True, kw_only=True)
class GroupedComparison:
    """One network, or a part of it, computed in both ways."""

    part: str
    device: str
    mode: str
    batch: int
    plain_ms: Timing
    per_sample_ms: Timing


@dataclass(frozen=True)
class Case:
    """Two implementations of the same function, and their inputs."""

    part: str
    plain: nn.Module
    per_sample: nn.Module
    inputs: Tensor | list[Tensor]


class PerSampleConv2d(nn.Module):
    """A convolution computed as if every image had its own weights."""

    def __init__(self, plain: EqualizedConv2d) -> None:
        super().__init__()
        self.plain = plain

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out height width"]:
        batch = len(features)
        weight = self.plain.scaled_weight().repeat(batch, 1, 1, 1)  # (batch * out, channels, k, k)
        in_groups = features.reshape(1, -1, *features.shape[2:])  # (1, batch * channels, ...)
        padding = weight.shape[-1] // 2
        result = F.conv2d(in_groups, weight, padding=padding, groups=batch)
        return add_bias(result.reshape(batch, -1, *result.shape[2:]), self.plain)


class PerSampleUpConv2d(nn.Module):
    """A 3x3 convolution to twice the resolution, computed as if every image had its own weights."""

    def __init__(self, plain: UpConv2d) -> None:
        super().__init__()
        self.plain = plain

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch out 2*height 2*width"]:
        batch = len(features)
        weight = self.plain.scaled_weight().transpose(0, 1)
        weight = weight.repeat(batch, 1, 1, 1)  # (batch * channels, out, k, k)
        in_groups = features.reshape(1, -1, *features.shape[2:])  # (1, batch * channels, ...)
        result = F.conv_transpose2d(in_groups, weight, stride=2, groups=batch)
        result = blur(result.reshape(batch, -1, *result.shape[2:]), padding=(1, 1), gain=4.0)
        return add_bias(result, self.plain)


def add_bias(
    features: Float[Tensor, "batch out height width"], layer: EqualizedConv2d
) -> Float[Tensor, "batch out height width"]:
    """Add a layer's bias, which a grouped convolution cannot share between groups."""
    bias = layer.scaled_bias()
    return features if bias is None else features + bias.to(features.dtype)[:, None, None]


def per_sample(layer: EqualizedConv2d) -> nn.Module:
    """Wrap a layer so that each image has its own convolution."""
    return PerSampleUpConv2d(layer) if isinstance(layer, UpConv2d) else PerSampleConv2d(layer)


def per_sample_synthesis(network: SynthesisNetwork) -> SynthesisNetwork:
    """Copy a synthesis network, with a convolution of its own for each image."""
    network = copy.deepcopy(network)
    for styled in [part for part in network.modules() if isinstance(part, StyledConv2d)]:
        styled.add_module("convolution", per_sample(styled.convolution))
    return network


def compare_grouped(name: str, device: str, effort: Effort) -> list[GroupedComparison]:
    """Time one layer in the middle of the synthesis network, and the whole network.

    Args:
        name: The preset.
        device: Where to compute.
        effort: When to stop, for each of the two.

    Raises:
        AssertionError: The two ways differ.
    """
    torch.manual_seed(0)
    generator = Generator(preset(name).model).eval().requires_grad_(False)
    cases = [_middle_layer(generator), _whole_synthesis(name, generator)]
    return [comparison for case in cases for comparison in _compare(case, device, effort)]


def _middle_layer(generator: Generator) -> Case:
    model = generator.config
    middle = (model.doublings - 1) // 2
    block = generator.synthesis.blocks[middle]
    assert isinstance(block, SynthesisBlock)
    layer = block.refine.convolution
    width, size = model.generator_widths[middle + 1], model.stylemap_size * 2 ** (middle + 1)
    features = torch.randn(BATCH, width, size, size)
    return Case(f"3x3, {width} channels, {size}x{size}", layer, per_sample(layer), features)


def _whole_synthesis(name: str, generator: Generator) -> Case:
    model = generator.config
    cells = (model.stylemap_size, model.stylemap_size)
    w_plus = generator.resizer(torch.randn(BATCH, model.style_channels, *cells))
    synthesis = generator.synthesis
    return Case(f"synthesis, {name}", synthesis, per_sample_synthesis(synthesis), w_plus)


def _compare(case: Case, device: str, effort: Effort) -> list[GroupedComparison]:
    torch.testing.assert_close(
        case.per_sample(case.inputs), case.plain(case.inputs), atol=TOLERANCE, rtol=TOLERANCE
    )
    works = {}
    for mode in MODES:
        inputs = _arranged_inputs(case.inputs, mode, device)
        for way, network in (("plain", case.plain), ("per sample", case.per_sample)):
            here = arranged(copy.deepcopy(network), mode, device)
            works[mode, way] = partial(_infer, here, inputs, mode, device)
    timings = alternate(works, effort, settle_on(device))
    return [
        GroupedComparison(
            part=case.part,
            device=device,
            mode=mode,
            batch=BATCH,
            plain_ms=timings[mode, "plain"],
            per_sample_ms=timings[mode, "per sample"],
        )
        for mode in MODES
    ]


def _arranged_inputs(
    inputs: Tensor | list[Tensor], mode: str, device: str
) -> Tensor | list[Tensor]:
    if isinstance(inputs, Tensor):
        return arranged(inputs, mode, device)
    return [arranged(each, mode, device) for each in inputs]


def _infer(network: nn.Module, inputs: Tensor | list[Tensor], mode: str, device: str) -> None:
    with torch.inference_mode(), arithmetic(mode, device):
        network(inputs)
