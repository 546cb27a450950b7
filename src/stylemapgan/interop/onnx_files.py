"""Trace networks, and write them with their weights as ONNX files.

While a network is traced, its large weights are inputs of the graph without values, so time and
memory do not depend on them; `write` stores them in the file afterwards.

Weights that float16 represents exactly are stored in it, as in the model file, with their scale
(equalised learning rate) as a node of the graph: nothing is lost, and ONNX Runtime multiplies
once, when it loads the file. Others are stored in float32, multiplied by their scale.
"""

import copy
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from stylemapgan.errors import CheckpointError, MissingExtraError
from stylemapgan.interop.onnx_networks import Graph, WithWeights

LEAST_LARGE = 1024
"""Least number of elements of a large weight."""


MOST_INSIDE = 1_800_000_000
"""Most bytes of weights within a file; protobuf limits files to 2 GiB."""
DATA_SUFFIX = ".data"
"""Suffix of a second file with the weights of a larger network."""


def trace(graph: Graph) -> tuple[Any, dict[str, Tensor]]:
    """Convert a network to an ONNX model without its large weights.

    Returns:
        The model, whose first inputs are the large weights; and these weights by name.

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
    try:
        with _quietly():
            model = _convert(graph, network, weights)
    except torch.onnx.OnnxExporterError as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError(f"PyTorch cannot convert a network to ONNX: {reason}") from error
    _remove_source_notes(model)
    _name_lengths(model, graph)
    model.doc_string = graph.about
    return model, weights


def _convert(graph: Graph, network: nn.Module, weights: Mapping[str, Tensor]) -> Any:
    """Let PyTorch's exporter convert a network whose large weights are inputs."""
    tensors = list(graph.inputs.values())
    free = [
        {axis: torch.export.Dim(name) for axis, name in _free_lengths(graph, index).items()}
        for index in range(len(tensors))
    ]
    program = torch.onnx.export(
        WithWeights(network, tuple(weights), takes_a_list=graph.takes_a_list),
        (list(weights.values()), tensors),
        dynamic_shapes=([None] * len(weights), free),
        input_names=[*weights, *graph.inputs],
        output_names=list(graph.outputs),
        dynamo=True,
        verbose=False,
    )
    assert program is not None  # only the exporter before dynamo returns None
    return program.model_proto


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
    """Name the free lengths of an input: all inputs share the batch, each has its own sizes."""
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


def _remove_source_notes(model: Any) -> None:
    """Remove notes about the Python code, which contain paths of this machine."""
    del model.graph.value_info[:]
    for part in (*model.graph.node, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    del model.graph.metadata_props[:]


def write(
    path: Path, model: Any, weights: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> int:
    """Put weights into a traced network, check it, and write it.

    Args:
        path: File to write. Weights of more than `MOST_INSIDE` bytes go to a file beside it.
        model: Model from `trace`; changed in place.
        weights: Weights from `trace`.
        metadata: Metadata of the file.

    Returns:
        The bytes written.

    Raises:
        OSError: The file cannot be written.
    """
    onnx = import_onnx()
    _fill(model.graph, weights)
    onnx.helper.set_model_props(model, dict(metadata))
    is_large = sum(len(stored.raw_data) for stored in model.graph.initializer) > MOST_INSIDE
    beside = path.with_name(path.name + DATA_SUFFIX)
    onnx.save_model(model, path, save_as_external_data=is_large, location=beside.name)
    onnx.checker.check_model(path)
    return sum(file.stat().st_size for file in (path, beside) if file.exists())


def _fill(graph: Any, weights: Mapping[str, Tensor]) -> None:
    """Replace the inputs for weights by stored arrays."""
    onnx = import_onnx()
    inputs = [given for given in graph.input if given.name not in weights]
    del graph.input[:]
    graph.input.extend(inputs)
    nodes = [copy.deepcopy(node) for node in graph.node]
    casts = [_halve(stored) for stored in graph.initializer if _can_be_halved(stored)]
    read = {name for node in nodes for name in node.input}
    for name in [name for name in weights if name in read]:
        values = np.ascontiguousarray(weights[name].numpy())
        if _is_half(values):
            stored = onnx.numpy_helper.from_array(values.astype(np.float16), name)
            casts.append(_cast_of(stored))
        else:
            stored = onnx.numpy_helper.from_array(*_scaled(graph, nodes, name, values))
        graph.initializer.append(stored)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])  # in the order they run
    _drop_unread(graph)


def _scaled(graph: Any, nodes: list[Any], name: str, values: np.ndarray) -> tuple[np.ndarray, str]:
    """Multiply a weight by its scale, remove the node that does so, and name the product."""
    onnx = import_onnx()
    readers = [node for node in nodes if name in node.input]
    if len(readers) != 1 or readers[0].op_type != "Mul":
        return values, name
    (other,) = (given for given in readers[0].input if given != name)
    scales = [stored for stored in graph.initializer if stored.name == other and not stored.dims]
    if not scales:
        return values, name
    nodes.remove(readers[0])
    return values * onnx.numpy_helper.to_array(scales[0]), readers[0].output[0]


def _drop_unread(graph: Any) -> None:
    """Remove arrays that no node reads, such as scales that were multiplied in."""
    read = {name for node in graph.node for name in node.input}
    kept = [stored for stored in graph.initializer if stored.name in read]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _halve(stored: Any) -> Any:
    """Store an array in float16, and make the node that converts it back."""
    onnx = import_onnx()
    values = onnx.numpy_helper.to_array(stored).astype(np.float16)
    stored.CopyFrom(onnx.numpy_helper.from_array(values, stored.name))
    return _cast_of(stored)


def _cast_of(stored: Any) -> Any:
    """Rename a float16 array, and make the node that converts it to float32 under its old name."""
    onnx = import_onnx()
    name = stored.name
    stored.name = f"{name}_float16"
    return onnx.helper.make_node("Cast", [stored.name], [name], to=onnx.TensorProto.FLOAT)


def _can_be_halved(stored: Any) -> bool:
    values = import_onnx().numpy_helper.to_array(stored)
    return values.dtype == np.float32 and values.size >= LEAST_LARGE and _is_half(values)


def _is_half(values: np.ndarray) -> bool:
    with np.errstate(over="ignore"):
        return np.array_equal(values.astype(np.float16).astype(np.float32), values)


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence the log messages and warnings of PyTorch's exporter."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
