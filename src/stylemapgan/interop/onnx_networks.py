"""The networks of a model as they are exported: cut into parts, and exact at any size."""

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
"""Images that go through a network while it is traced; a batch of 1 would become a constant."""
MOST_SUMMED = 2**18
"""Numbers that ONNX Runtime may sum up in one go."""
EPSILON = 1e-5
"""Keeps a normalisation from dividing by zero; PyTorch's default."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A network to trace, with names for what goes in and comes out."""

    network: nn.Module
    inputs: dict[str, Tensor]
    outputs: tuple[str, ...]
    about: str
    """What it does, for the file."""
    takes_a_list: bool = False
    """The network's one argument is the list of all inputs."""
    free_axes: tuple[int, ...] = (0,)
    """Axes of the inputs that may be of any length; sizes are free for each input by itself."""


def graphs(networks: Networks) -> dict[str, Graph]:
    """List the networks of a model, as it is edited with. Tensors of the graphs hold no values."""
    generator, encoder = networks.generator, networks.encoder
    config = generator.config
    sides = [config.stylemap_size * 2**level for level in range(config.doublings + 1)]
    photos = torch.empty(BATCH, 3, config.image_size, config.image_size)
    stylemaps = torch.empty(BATCH, config.style_channels, sides[0], sides[0])
    styles, modulations = {}, {}
    for layer in range(2 * len(sides)):  # two for each side
        side = sides[layer // 2]
        width, features = config.resizer_widths[layer // 2], config.generator_widths[layer // 2]
        styles[f"w_plus_{layer}"] = torch.empty(BATCH, width, side, side)
        modulations[f"modulation_{layer}"] = torch.empty(BATCH, 2 * features, side, side)
    return {
        "encoder": Graph(
            network=encoder,
            inputs={"image": photos},
            outputs=("stylemap",),
            about="Finds the stylemap of a photo: RGB in [-1, 1].",
        ),
        "mapping": Graph(
            network=generator.mapping,
            inputs={"z": torch.empty(BATCH, config.style_channels)},
            outputs=("stylemap",),
            about="Makes a random stylemap of standard normal numbers.",
        ),
        "resizer": Graph(
            network=generator.resizer,
            inputs={"stylemap": stylemaps},
            outputs=tuple(styles),
            about="Grows a stylemap to one for each modulated layer: w_plus.",
        ),
        "modulation": Graph(
            network=Modulation(generator.synthesis),
            inputs=styles,
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
        "reconstruct": Graph(
            network=Reconstruction(encoder, generator),
            inputs={"image": photos},
            outputs=("reconstruction",),
            about="Encodes and decodes a photo: encoder, resizer and synthesis in one.",
        ),
    }


class WithWeights(nn.Module):
    """A network that is given its large weights as an argument."""

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
    """What the synthesis network computes of w_plus alone: local, so cutouts will do."""

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
    """The synthesis network with both of its results, from what `Modulation` gives."""

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
    """List its modulations in the order of w_plus."""
    return [module for module in synthesis.modules() if isinstance(module, SpatialModulation)]


class Reconstruction(nn.Module):
    """From a photo to what the model makes of it."""

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
    """Mean 0 and standard deviation 1, computed line by line.

    ONNX Runtime adds up in float32, one number after another: over the features of an image of
    1024 pixels that is off by 1e-2 standard deviations. Means of rows, of those over columns, and
    of those over channels are off by 1e-6.

    Args:
        axes: What is normalised over, the innermost first.
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
    """Copy a network, but for its weights; its large normalisations compute in stages."""
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
