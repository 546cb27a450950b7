"""From networks in PyTorch to ONNX graphs.

Equalised weights stay as they are stored, with their scale as a node of the graph: stored in
float16 they lose nothing then, and ONNX Runtime multiplies once, when it loads the file.
"""

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from stylemapgan.checkpoints.networks import Networks
from stylemapgan.errors import MissingExtraError
from stylemapgan.models import Encoder, Generator
from stylemapgan.models.modulation import SpatialModulation
from stylemapgan.models.synthesis import SynthesisNetwork

BATCH = 2
"""Images that go through a network while it is traced; a batch of 1 would become a constant."""
LEAST_HALVED = 1024
"""Numbers an array holds at least to be stored in float16."""


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
    """List the networks of a model, as it is edited with."""
    generator, encoder = networks.generator, networks.encoder
    config = generator.config
    photos = torch.zeros(BATCH, 3, config.image_size, config.image_size)
    stylemaps = torch.zeros(
        BATCH, config.style_channels, config.stylemap_size, config.stylemap_size
    )
    with torch.no_grad():
        w_plus = generator.resizer(stylemaps)
        modulation = _Modulation(generator.synthesis)
        modulated = modulation(w_plus)
    styles = {f"w_plus_{index}": stylemap for index, stylemap in enumerate(w_plus)}
    modulations = {f"modulation_{index}": maps for index, maps in enumerate(modulated)}
    return {
        "encoder": Graph(
            network=encoder,
            inputs={"image": photos},
            outputs=("stylemap",),
            about="Finds the stylemap of a photo: RGB in [-1, 1].",
        ),
        "mapping": Graph(
            network=generator.mapping,
            inputs={"z": torch.zeros(BATCH, config.style_channels)},
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
            network=modulation,
            inputs=styles,
            outputs=tuple(modulations),
            about="Makes scale and shift maps for each modulated layer of w_plus, or of cutouts.",
            takes_a_list=True,
            free_axes=(0, 2, 3),
        ),
        "synthesis": Graph(
            network=_ImageAndFeatures(generator.synthesis),
            inputs=modulations,
            outputs=("image", "features"),
            about="Paints an image, RGB around [-1, 1], as modulated; features tell parts apart.",
            takes_a_list=True,
        ),
        "reconstruct": Graph(
            network=_Reconstruction(encoder, generator),
            inputs={"image": photos},
            outputs=("reconstruction",),
            about="Encodes and decodes a photo: encoder, resizer and synthesis in one.",
        ),
    }


def trace(graph: Graph, metadata: dict[str, str]) -> bytes:
    """Turn a network into an ONNX file, with weights in float16 where that loses nothing.

    Args:
        graph: The network.
        metadata: What the file says of itself.

    Raises:
        MissingExtraError: The packages that write ONNX are not installed.
    """
    onnx = import_onnx()
    tensors = list(graph.inputs.values())
    free = [_free_lengths(graph, index) for index in range(len(tensors))]
    with _quietly():
        program = torch.onnx.export(
            graph.network.eval(),
            (tensors,) if graph.takes_a_list else tuple(tensors),
            dynamic_shapes=(free,) if graph.takes_a_list else tuple(free),
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # it is only for the exporter before dynamo
    model = program.model_proto
    _forget_where_it_came_from(model)
    _halve(model.graph)
    model.doc_string = graph.about
    onnx.helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    return model.SerializeToString()


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


def _free_lengths(graph: Graph, index: int) -> dict[int, Any]:
    """Name the lengths of an input that are not fixed: all have one batch, each its own sizes."""
    names = {0: "batch", 2: f"rows_{index}", 3: f"columns_{index}"}
    return {axis: torch.export.Dim(names[axis]) for axis in graph.free_axes}


def _forget_where_it_came_from(model: Any) -> None:
    """Drop notes about the Python code, which tell of folders on this machine."""
    del model.graph.value_info[:]
    for part in (*model.graph.node, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    del model.graph.metadata_props[:]


def _halve(graph: Any) -> None:
    """Store large arrays in float16 where that is exact; a node turns them back into float32."""
    onnx = import_onnx()
    casts = []
    for stored in graph.initializer:
        values = onnx.numpy_helper.to_array(stored)
        if values.dtype != np.float32 or values.size < LEAST_HALVED or not _is_half(values):
            continue
        halved = f"{stored.name}_float16"
        casts.append(
            onnx.helper.make_node("Cast", [halved], [stored.name], to=onnx.TensorProto.FLOAT)
        )
        stored.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), halved))
    nodes = [copy.deepcopy(node) for node in graph.node]
    del graph.node[:]
    graph.node.extend([*casts, *nodes])  # in the order they run


def _is_half(values: np.ndarray) -> bool:
    with np.errstate(over="ignore"):
        return np.array_equal(values.astype(np.float16).astype(np.float32), values)


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


class _Modulation(nn.Module):
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


class _ImageAndFeatures(nn.Module):
    """The synthesis network with both of its results, from what `_Modulation` gives."""

    def __init__(self, synthesis: SynthesisNetwork) -> None:
        super().__init__()
        self.synthesis = copy.deepcopy(synthesis)
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


class _Reconstruction(nn.Module):
    """From a photo to what the model makes of it."""

    def __init__(self, encoder: Encoder, generator: Generator) -> None:
        super().__init__()
        self.encoder = encoder
        self.generator = generator

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch 3 height width"]:
        return self.generator.synthesize(self.encoder(images))
