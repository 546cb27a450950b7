"""Models as ONNX files, which run without PyTorch and in other languages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from stylemapgan import zoo
from stylemapgan.checkpoints.file import Checkpoint, to_metadata
from stylemapgan.checkpoints.networks import Networks, build
from stylemapgan.editing.normal_draws import standard_normal
from stylemapgan.editing.onnx_sessions import ONNX_FORMAT, OnnxNetworks
from stylemapgan.errors import CheckpointError
from stylemapgan.images.atomic import replacing_folder, write_bytes
from stylemapgan.interop.onnx_graphs import Graph, graphs, import_onnx, trace
from stylemapgan.types import Images

TOLERANCE = 1e-3
"""How far results may be from PyTorch's, on images in [-1, 1]."""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A network that was written and compared."""

    name: str
    error: float
    """Largest difference from PyTorch's results."""
    size: int
    """Bytes of its file."""


def export(
    checkpoint: Checkpoint,
    folder: Path,
    photos: Images,
    *,
    names: Sequence[str] = zoo.ONNX_NETWORKS,
    tell: Callable[[str], None] = lambda doing: None,
) -> list[Exported]:
    """Write a model's networks as ONNX files, after comparing them with PyTorch.

    Args:
        checkpoint: The model; what it says of itself goes into every file. Its float16 weights
            stay that, for half the size; networks compute in float32 all the same.
        folder: Where to; appears whole or not at all.
        photos: What to compare on, of the model's size.
        names: Which networks.
        tell: Told what comes next, once for each network and once for all comparisons.

    Raises:
        CheckpointError: The model makes no sense, the folder is not empty, or results are too
            far from PyTorch's.
        StorageError: The folder cannot be written: the disk is full, or writing is denied.
        MissingExtraError: The packages that write ONNX are not installed.
    """
    import_onnx()  # better now than after the networks are built
    networks = build(checkpoint)
    metadata = to_metadata(checkpoint, ONNX_FORMAT)
    refuse_used_folder(folder)
    with replacing_folder(folder) as unfinished:
        for name, graph in graphs(networks).items():
            if name in names:
                tell(f"{name}.onnx")
                content = trace(graph, {**metadata, "network": name})
                write_bytes(unfinished / f"{name}.onnx", content)
        tell("comparing")
        errors = compare(networks, unfinished, photos)
        _refuse_differences(errors)
        sizes = {name: (unfinished / f"{name}.onnx").stat().st_size for name in errors}
    return [Exported(name=name, error=errors[name], size=sizes[name]) for name in errors]


def compare(networks: Networks, folder: Path, photos: Images) -> dict[str, float]:
    """Run exported networks beside PyTorch's, each on what the ones before make of photos.

    Args:
        networks: What was exported.
        folder: Where to; networks that are not there are left out.
        photos: What to compare on.

    Returns:
        The largest absolute difference for each network.
    """
    exported = OnnxNetworks(folder)
    known = graphs(networks)
    here = {name: graph for name, graph in known.items() if _is_in(folder, name)}
    inputs = _real_inputs(networks, known["modulation"], photos)
    return {name: _difference(exported, name, graph, inputs[name]) for name, graph in here.items()}


def _real_inputs(networks: Networks, modulation: Graph, photos: Images) -> dict[str, list[Tensor]]:
    """What goes into each network when photos are edited."""
    length = networks.generator.config.style_channels
    images = torch.tensor(np.asarray(photos))
    z = torch.tensor(standard_normal(len(images), length, seed=0))
    with torch.inference_mode():
        stylemaps = networks.encoder(images)
        w_plus = networks.generator.resizer(stylemaps)
        modulations = modulation.network(w_plus)
    return {
        "encoder": [images],
        "mapping": [z],
        "resizer": [stylemaps],
        "modulation": w_plus,
        "synthesis": modulations,
        "reconstruct": [images],
    }


def _difference(exported: OnnxNetworks, name: str, graph: Graph, inputs: list[Tensor]) -> float:
    with torch.inference_mode():
        expected = graph.network(inputs) if graph.takes_a_list else graph.network(*inputs)
    if isinstance(expected, Tensor):
        expected = [expected]
    arrays = [np.ascontiguousarray(tensor.numpy()) for tensor in inputs]
    results = exported.run(name, dict(zip(graph.inputs, arrays, strict=True)))
    return max(
        float(np.abs(result - tensor.numpy()).max())
        for result, tensor in zip(results, expected, strict=True)
    )


def _refuse_differences(errors: dict[str, float]) -> None:
    worst = max(errors, key=lambda name: np.nan_to_num(errors[name], nan=np.inf))
    if not errors[worst] <= TOLERANCE:
        raise CheckpointError(
            f"{worst}.onnx is off by {errors[worst]:.2g} from PyTorch, more than {TOLERANCE:g}: "
            "nothing was written."
        )


def _is_in(folder: Path, name: str) -> bool:
    return (folder / f"{name}.onnx").is_file()


def refuse_used_folder(folder: Path) -> None:
    """Let only a new or empty folder pass.

    Raises:
        CheckpointError: There is something, or no place for it.
    """
    if not folder.parent.is_dir():
        raise CheckpointError(f"{folder} cannot be written: there is no folder {folder.parent}.")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise CheckpointError(f"{folder} is there already: give a folder that is new or empty.")
