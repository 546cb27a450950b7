"""Export models as ONNX files, which run without PyTorch, and compare the two.

A difference is measured in standard deviations of the network's own output, because float32 rounds
each layer's result by about 1e-7 of its size, and networks of random weights give images far
outside [-1, 1]. Another order of summation causes 1e-6 to 1e-4 of them, most in the networks with
most layers; a wrong graph causes 0.1 and more.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from stylemapgan import zoo
from stylemapgan.checkpoints.file import Checkpoint, to_metadata
from stylemapgan.checkpoints.networks import Networks, build
from stylemapgan.editing.onnx_sessions import ONNX_FORMAT, OnnxNetworks
from stylemapgan.errors import CheckpointError
from stylemapgan.images.atomic import replacing_folder
from stylemapgan.interop.onnx_files import import_onnx, trace, write
from stylemapgan.interop.onnx_networks import Graph, graphs
from stylemapgan.types import Images


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A network that was written."""

    name: str
    error: float | None
    """Largest difference from PyTorch's results, in their standard deviations; None if not
    compared."""
    size: int
    """Size of its files in bytes."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of the export that begins now."""

    doing: str
    """What is done, and to which file."""
    done: int
    """Layers processed so far: those of a network count once when it is written, and once for each
    photo it is compared on."""
    total: int
    """Layers to process in total."""


def export(
    checkpoint: Checkpoint,
    folder: Path,
    photos: Images | None,
    *,
    names: Sequence[str] = zoo.ONNX_NETWORKS,
    on_step: Callable[[Step], None] = lambda step: None,
) -> list[Exported]:
    """Write a model's networks as ONNX files, after comparing them with PyTorch.

    Args:
        checkpoint: The model; its metadata is stored in every file. float16 weights are stored as
            they are, for half the size; networks compute in float32 nevertheless.
        folder: Folder to write; it appears complete or not at all.
        photos: Photos of the model's size to compare results on; None to skip the comparison.
        names: Networks to export.
        on_step: Called when a step begins.

    Raises:
        CheckpointError: The model is invalid, the folder is not empty, or results differ too much.
        StorageError: The folder cannot be written: the disk is full, or writing is denied.
        MissingExtraError: The packages that write ONNX are not installed.
    """
    import_onnx()  # fail before the networks are built
    refuse_used_folder(folder)
    networks = build(without_discriminator(checkpoint))
    known = graphs(networks)
    chosen = {name: graph for name, graph in known.items() if name in names}
    begin = _counting(chosen, 0 if photos is None else len(photos), on_step)
    sizes, errors = {}, {}
    with replacing_folder(folder) as unfinished:
        for name, graph in chosen.items():
            begin("writing", name)
            metadata = {**to_metadata(checkpoint, ONNX_FORMAT), "network": name}
            sizes[name] = write(unfinished / f"{name}.onnx", *trace(graph), metadata)
        if photos is not None:
            errors = compare(known, networks, unfinished, photos, partial(begin, "comparing"))
            refuse_differences(errors)
    return [Exported(name=name, error=errors.get(name), size=sizes[name]) for name in chosen]


def without_discriminator(checkpoint: Checkpoint) -> Checkpoint:
    """Remove the discriminator, which only training needs."""
    tensors = {
        name: array
        for name, array in checkpoint.tensors.items()
        if not name.startswith("discriminator.")
    }
    return replace(checkpoint, tensors=tensors)


def _counting(
    chosen: Mapping[str, Graph], photos: int, on_step: Callable[[Step], None]
) -> Callable[[str, str], None]:
    """Make a function that reports each step and how many layers are done."""
    layers = {
        name: sum(not list(module.children()) for module in graph.network.modules())
        for name, graph in chosen.items()
    }
    total = sum(layers.values()) * (1 + photos)
    begun: list[str] = []

    def begin(doing: str, name: str) -> None:
        done = sum(layers[each] for each in begun)
        begun.append(name)
        on_step(Step(doing=f"{doing} {name}.onnx", done=done, total=total))

    return begin


def refuse_used_folder(folder: Path) -> None:
    """Refuse a folder that is not empty, or whose parent is missing.

    Raises:
        CheckpointError: Files cannot be written there.
    """
    if not folder.parent.is_dir():
        raise CheckpointError(f"{folder} cannot be written: there is no folder {folder.parent}.")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise CheckpointError(f"{folder} is not empty: give a new or empty folder.")


TOLERANCE = 1e-3
"""Largest difference allowed, in standard deviations of the output."""
LEAST_SPREAD = 1e-3
"""Least spread of an output, as a share of its largest value."""


def compare(
    known: Mapping[str, Graph],
    networks: Networks,
    folder: Path,
    photos: Images,
    on_network: Callable[[str], None] = lambda name: None,
) -> dict[str, float]:
    """Compare exported networks with PyTorch's, each on the same inputs computed from photos.

    One photo and one open file at a time: the modulations of a large model take gigabytes, and its
    networks several times the size of their files.

    Args:
        known: Networks in PyTorch by name, see `graphs`.
        networks: The model they belong to.
        folder: Exported networks; missing ones are skipped.
        photos: Photos to compare on.
        on_network: Called before a network runs on a photo.

    Returns:
        The largest difference for each network, in standard deviations of its output.

    Raises:
        CheckpointError: A file cannot be run, or PyTorch's results are not finite.
    """
    errors = {name: 0.0 for name in known if (folder / f"{name}.onnx").is_file()}
    for index in range(len(photos)):
        for name, inputs, expected in _steps(known, networks, photos, index):
            if name in errors:
                on_network(name)
                given = dict(zip(known[name].inputs, inputs, strict=True))
                results = OnnxNetworks(folder).run(name, given)
                errors[name] = max(errors[name], _worst(name, results, expected))
    return errors


def refuse_differences(errors: Mapping[str, float]) -> None:
    """Refuse exported networks whose results differ from PyTorch's.

    Raises:
        CheckpointError: A difference exceeds `TOLERANCE`.
    """
    worst = max(errors, key=lambda name: np.nan_to_num(errors[name], nan=np.inf))
    if not errors[worst] <= TOLERANCE:
        raise CheckpointError(
            f"{worst}.onnx differs from PyTorch by {errors[worst]:.2g} standard deviations of its "
            f"output, more than {TOLERANCE:g}: nothing was written."
        )


def _steps(
    known: Mapping[str, Graph], networks: Networks, photos: Images, index: int
) -> Iterator[tuple[str, list[np.ndarray], list[np.ndarray]]]:
    """Yield each network with its inputs when a photo is edited, and PyTorch's results."""

    def step(name: str, inputs: list[np.ndarray]) -> tuple[str, list[np.ndarray], list[np.ndarray]]:
        return name, inputs, _with_pytorch(known[name], inputs)

    image = [np.ascontiguousarray(photos[index : index + 1], np.float32)]
    shape = len(photos), networks.generator.config.style_channels
    z = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    yield step("mapping", [z[index : index + 1]])
    yield (found := step("encoder", image))
    yield (found := step("resizer", found[2]))
    yield (found := step("modulation", found[2]))
    yield (found := step("synthesis", found[2]))
    yield "reconstruct", image, found[2][:1]  # the image of the last step


def _with_pytorch(graph: Graph, inputs: list[np.ndarray]) -> list[np.ndarray]:
    tensors = [torch.from_numpy(array) for array in inputs]
    with torch.inference_mode():
        found = graph.network(tensors) if graph.takes_a_list else graph.network(*tensors)
    outputs = [found] if isinstance(found, Tensor) else found
    return [np.ascontiguousarray(tensor.numpy()) for tensor in outputs]


def _worst(name: str, results: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> float:
    """Find the largest difference over all outputs, each relative to its own spread."""
    return max(
        _difference(name, result, array) for result, array in zip(results, expected, strict=True)
    )


def _difference(name: str, result: np.ndarray, expected: np.ndarray) -> float:
    largest = float(max(expected.max(), -expected.min()))
    if not np.isfinite(largest):
        raise CheckpointError(
            f"The model itself is broken: in PyTorch, the results of its {name} network are not "
            "finite. Export another snapshot."
        )
    difference = result - expected
    np.abs(difference, out=difference)
    spread = max(float(expected.std(dtype=np.float64)), LEAST_SPREAD * largest)
    return float(difference.max()) / spread if spread else float(difference.max())
