"""From networks in PyTorch to ONNX graphs.

While a network is traced its large weights are inputs of the graph, whose values nobody looks at:
neither time nor memory depends on them. `onnx_weights` puts them into the file afterwards.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stylemapgan.checkpoints.networks import Networks
from stylemapgan.errors import CheckpointError, MissingExtraError
from stylemapgan.interop.onnx_networks import (
    ImageAndFeatures,
    Modulation,
    Reconstruction,
    WithWeights,
)

BATCH = 2
"""Images that go through a network while it is traced; a batch of 1 would become a constant."""
LEAST_LARGE = 1024
"""Numbers that a large weight holds at least."""


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


def trace(graph: Graph) -> tuple[Any, dict[str, Tensor]]:
    """Turn a network into an ONNX model without its large weights.

    Returns:
        The model, which takes the large weights as its first inputs; and these weights, by the
        names of the inputs.

    Raises:
        CheckpointError: PyTorch's exporter fails.
        MissingExtraError: The packages that write ONNX are not installed.
    """
    import_onnx()
    network = graph.network.eval()
    weights = {
        name: parameter.detach()
        for name, parameter in network.named_parameters()
        if parameter.ndim > 1 and parameter.numel() >= LEAST_LARGE
    }
    tensors = list(graph.inputs.values())
    free = [
        {axis: torch.export.Dim(name) for axis, name in _free_lengths(graph, index).items()}
        for index in range(len(tensors))
    ]
    try:
        with _quietly():
            program = torch.onnx.export(
                WithWeights(network, tuple(weights), takes_a_list=graph.takes_a_list),
                (list(weights.values()), tensors),
                dynamic_shapes=([None] * len(weights), free),
                input_names=[*weights, *graph.inputs],
                output_names=list(graph.outputs),
                dynamo=True,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError(f"PyTorch cannot turn a network into ONNX: {reason}") from error
    assert program is not None  # it is only for the exporter before dynamo
    model = program.model_proto
    _forget_where_it_came_from(model)
    _name_lengths(model, graph)
    model.doc_string = graph.about
    return model, weights


def import_onnx() -> Any:
    """Import the packages that write ONNX files.

    Raises:
        MissingExtraError: They are not installed.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401 - PyTorch needs it
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "export") from None
    return onnx


def _free_lengths(graph: Graph, index: int) -> dict[int, str]:
    """Name the lengths of an input that are not fixed: all have one batch, each its own sizes."""
    names = {0: "batch", 2: f"rows_{index}", 3: f"columns_{index}"}
    return {axis: names[axis] for axis in graph.free_axes}


def _name_lengths(model: Any, graph: Graph) -> None:
    """Name free lengths of inputs and outputs as `_free_lengths` does."""
    by_name = {given.name: given for given in model.graph.input}
    known = {}
    for index, name in enumerate(graph.inputs):
        lengths = by_name[name].type.tensor_type.shape.dim
        for axis, meaning in _free_lengths(graph, index).items():
            known[lengths[axis].dim_param] = meaning
    for part in (*model.graph.input, *model.graph.output):
        for length in part.type.tensor_type.shape.dim:
            if length.dim_param:
                length.dim_param = known[length.dim_param]


def _forget_where_it_came_from(model: Any) -> None:
    """Drop notes about the Python code, which tell of folders on this machine."""
    del model.graph.value_info[:]
    for part in (*model.graph.node, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    del model.graph.metadata_props[:]


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep from people what PyTorch's exporter says of itself and of packages it does without."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
