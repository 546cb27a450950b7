"""Weights in ONNX files: where they lie, and in which precision.

Weights that float16 holds exactly are stored in it, as the model file has them, with their scale
(equalised learning rate) as a node of the graph: nothing is lost, and ONNX Runtime multiplies
once, when it loads the file. Others are stored in float32 with the scale multiplied in.
"""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from stylemapgan.interop.onnx_graphs import LEAST_LARGE, import_onnx

MOST_INSIDE = 1_800_000_000
"""Bytes of weights that a file may hold; protobuf allows no file of 2 GiB or more."""
DATA_SUFFIX = ".data"
"""Ends the name of a second file, which holds the weights of a network that is larger."""


def write(
    path: Path, model: Any, weights: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> int:
    """Put weights into a traced network, check it, and write it.

    Args:
        path: Where to. Weights of more than `MOST_INSIDE` bytes go to a file beside it.
        model: What `trace` gave; changed in place.
        weights: The same.
        metadata: What the file says of itself.

    Returns:
        The bytes written.

    Raises:
        OSError: The disk is full, say.
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
    """Turn inputs into stored arrays."""
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
    """Multiply a weight by its scale, and drop the node that would; give the product's name."""
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
    """Drop arrays that no node takes: scales that were multiplied in, say."""
    read = {name for node in graph.node for name in node.input}
    kept = [stored for stored in graph.initializer if stored.name in read]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _halve(stored: Any) -> Any:
    """Store an array in float16; give the node that turns it back."""
    onnx = import_onnx()
    values = onnx.numpy_helper.to_array(stored).astype(np.float16)
    stored.CopyFrom(onnx.numpy_helper.from_array(values, stored.name))
    return _cast_of(stored)


def _cast_of(stored: Any) -> Any:
    """Rename an array of float16; give the node that makes float32 of it, under its old name."""
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
