"""The networks of a model as exported to ONNX: split into parts, and exact at any size."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.checkpoints.networks import Networks
from stylemapgan.config import ModelConfig
from stylemapgan.models import Encoder, Generator
from stylemapgan.models.modulation import (
    InstanceNormalisation,
    LayerNormalisation,
    SpatialModulation,
)
from stylemapgan.models.synthesis import SynthesisNetwork

BATCH = 2
"""Batch of the traced inputs; a batch of 1 would become a constant."""
MOST_SUMMED = 2**18
"""Most numbers that ONNX Runtime may sum in one operation."""
EPSILON = 1e-5
"""Avoids a division by zero in normalisations; PyTorch's default."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A network to trace, with names of its inputs and outputs."""

    network: nn.Module
    inputs: dict[str, Tensor]
    outputs: tuple[str, ...]
    about: str
    """Description stored in the file."""
    takes_a_list: bool = False
    """Whether the network takes the list of all inputs as its only argument."""
    free_axes: tuple[int, ...] = (0,)
    """Axes of any length; the sizes of each input are independent."""


def graphs(networks: Networks) -> dict[str, Graph]:
    """List the networks that editing needs; the input tensors hold no values."""
    generator, encoder = networks.generator, networks.encoder
    config = generator.config
    photo = {"image": torch.empty(BATCH, 3, config.image_size, config.image_size)}
    return {
        "encoder": Graph(
            network=encoder,
            inputs=photo,
            outputs=("stylemap",),
            about="Finds the stylemap of a photo: RGB in [-1, 1].",
        ),
        **_generator_graphs(generator),
        "reconstruct": Graph(
            network=Reconstruction(encoder, generator),
            inputs=photo,
            outputs=("reconstruction",),
            about="Encodes and decodes a photo: encoder, resizer and synthesis in one.",
        ),
    }


def _generator_graphs(generator: Generator) -> dict[str, Graph]:
    config = generator.config
    cells = config.stylemap_size
    w_plus, modulations = _w_plus_and_modulations(config)
    return {
        "mapping": Graph(
            network=generator.mapping,
            inputs={"z": torch.empty(BATCH, config.style_channels)},
            outputs=("stylemap",),
            about="Makes a random stylemap of standard normal numbers.",
        ),
        "resizer": Graph(
            network=generator.resizer,
            inputs={"stylemap": torch.empty(BATCH, config.style_channels, cells, cells)},
            outputs=tuple(w_plus),
            about="Grows a stylemap to one for each modulated layer: w_plus.",
        ),
        "modulation": Graph(
            network=Modulation(generator.synthesis),
            inputs=w_plus,
            outputs=tuple(modulations),
            about="Makes scale and shift maps for each modulated layer of w_plus, or of cutouts.",
            takes_a_list=True,
            free_axes=(0, 2, 3),
        ),
        "synthesis": Graph(
            network=ImageAndFeatures(generator.synthesis, config),
            inputs=modulations,
            outputs=("image", "features"),
            about="Paints an image, RGB around [-1, 1], as modulated; features tell parts apart.",
            takes_a_list=True,
        ),
    }


def _w_plus_and_modulations(config: ModelConfig) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Make empty inputs of the modulations and of the synthesis network, by name."""
    w_plus, modulations = {}, {}
    for layer in range(2 * (config.doublings + 1)):  # two for each resolution
        level = layer // 2
        side = config.stylemap_size * 2**level
        width, features = config.resizer_widths[level], config.generator_widths[level]
        w_plus[f"w_plus_{layer}"] = torch.empty(BATCH, width, side, side)
        modulations[f"modulation_{layer}"] = torch.empty(BATCH, 2 * features, side, side)
    return w_plus, modulations


class WithWeights(nn.Module):
    """A network that takes its large weights as an argument."""

    def __init__(self, network: nn.Module, names: tuple[str, ...], *, takes_a_list: bool) -> None:
        super().__init__()
        self.network = network
        self.names = names
        self.takes_a_list = takes_a_list

    def forward(self, weights: list[Tensor], inputs: list[Tensor]) -> Any:
        given = dict(zip(self.names, weights, strict=True))
        arguments = (inputs,) if self.takes_a_list else tuple(inputs)
        return torch.func.functional_call(self.network, given, arguments)


class Modulation(nn.Module):
    """The part of the synthesis network that depends only on w_plus; local, so crops suffice."""

    def __init__(self, synthesis: SynthesisNetwork) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            modulation.to_scale_and_shift for modulation in _modulations(synthesis)
        )

    def forward(
        self, w_plus: list[Float[Tensor, "batch _ _ _"]]
    ) -> list[Float[Tensor, "batch _ _ _"]]:
        return [layer(part) for layer, part in zip(self.layers, w_plus, strict=True)]


class ImageAndFeatures(nn.Module):
    """The rest of the synthesis network, from the outputs of `Modulation` to image and features."""

    def __init__(self, synthesis: SynthesisNetwork, config: ModelConfig) -> None:
        super().__init__()
        self.synthesis = _summing_in_stages(synthesis, config)
        for modulation in _modulations(self.synthesis):
            modulation.add_module("to_scale_and_shift", nn.Identity())

    def forward(
        self, modulations: list[Float[Tensor, "batch _ _ _"]]
    ) -> tuple[Float[Tensor, "batch 3 height width"], Float[Tensor, "batch channels rows columns"]]:
        features = self.synthesis.features(modulations)
        return self.synthesis.image_of(features, modulations), features


def _modulations(synthesis: SynthesisNetwork) -> list[SpatialModulation]:
    """List the modulations in the order of w_plus."""
    return [module for module in synthesis.modules() if isinstance(module, SpatialModulation)]


class Reconstruction(nn.Module):
    """From a photo to its reconstruction."""

    def __init__(self, encoder: Encoder, generator: Generator) -> None:
        super().__init__()
        self.encoder = encoder
        self.resizer = generator.resizer
        self.synthesis = _summing_in_stages(generator.synthesis, generator.config)

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch 3 height width"]:
        return self.synthesis(self.resizer(self.encoder(images)))


class StagedNormalisation(nn.Module):
    """Normalise to mean 0 and standard deviation 1, with means taken axis by axis.

    ONNX Runtime sums one number after another in float32: over the features of an image of 1024
    pixels the error is 1e-2 standard deviations. With means over rows, then columns, then channels
    it is 1e-6.

    Args:
        axes: Axes to normalise over, the innermost first.
    """

    def __init__(self, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.axes = axes

    def forward(
        self, features: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        centred = features - self._mean(features)
        return centred * torch.rsqrt(self._mean(centred * centred) + EPSILON)

    def _mean(self, values: Tensor) -> Tensor:
        for axis in self.axes:
            values = values.mean(dim=axis, keepdim=True)
        return values


def _summing_in_stages(synthesis: SynthesisNetwork, config: ModelConfig) -> SynthesisNetwork:
    """Copy a network with shared weights; its large normalisations compute axis by axis."""
    weights = {id(parameter): parameter for parameter in synthesis.parameters()}
    copied = copy.deepcopy(synthesis, memo=weights)
    for layer, modulation in enumerate(_modulations(copied)):
        side = config.stylemap_size * 2 ** (layer // 2)  # two layers at each resolution
        channels = config.generator_widths[layer // 2]
        normalise = modulation.normalise
        if isinstance(normalise, LayerNormalisation) and channels * side**2 > MOST_SUMMED:
            modulation.normalise = StagedNormalisation((3, 2, 1))
        elif isinstance(normalise, InstanceNormalisation) and side**2 > MOST_SUMMED:
            modulation.normalise = StagedNormalisation((3, 2))
    return copied
