"""Models as ONNX files, which run without PyTorch and in other languages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
    """Largest difference from PyTorch's results, in standard deviations of them; None if the
    two were not compared."""
    size: int
    """Bytes of its files."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A part of the work that begins now."""

    doing: str
    """A file, and what is done to it."""
    done: int
    """Layers behind: a network counts its layers once when it is written, and once for each photo
    it is compared on."""
    total: int
    """Layers in all."""


def export(
    checkpoint: Checkpoint,
    folder: Path,
    photos: Images | None,
    *,
    names: Sequence[str] = zoo.ONNX_NETWORKS,
    tell: Callable[[Step], None] = lambda step: None,
) -> list[Exported]:
    """Write a model's networks as ONNX files, after comparing them with PyTorch.

    Args:
        checkpoint: The model; what it says of itself goes into every file. Its float16 weights
            stay that, for half the size; networks compute in float32 all the same.
        folder: Where to; appears whole or not at all.
        photos: What to compare on, of the model's size; without, nothing is compared.
        names: Which networks.
        tell: Told what comes next.

    Raises:
        CheckpointError: The model makes no sense, the folder is not empty, or results are too
            far from PyTorch's, see `compare`.
        StorageError: The folder cannot be written: the disk is full, or writing is denied.
        MissingExtraError: The packages that write ONNX are not installed.
    """
    import_onnx()  # better now than after the networks are built
    refuse_used_folder(folder)
    networks = build(without_discriminator(checkpoint))
    known = graphs(networks)
    chosen = {name: graph for name, graph in known.items() if name in names}
    begin = _counting(chosen, 0 if photos is None else len(photos), tell)
    metadata = to_metadata(checkpoint, ONNX_FORMAT)
    sizes, errors = {}, {}
    with replacing_folder(folder) as unfinished:
        for name, graph in chosen.items():
            begin(name, "writing")
            path = unfinished / f"{name}.onnx"
            sizes[name] = write(path, *trace(graph), {**metadata, "network": name})
        if photos is not None:
            errors = compare(
                known, networks, unfinished, photos, lambda name: begin(name, "comparing")
            )
            refuse_differences(errors)
    return [Exported(name=name, error=errors.get(name), size=sizes[name]) for name in chosen]


def without_discriminator(checkpoint: Checkpoint) -> Checkpoint:
    """Leave out what only training needs."""
    tensors = {
        name: array
        for name, array in checkpoint.tensors.items()
        if not name.startswith("discriminator.")
    }
    return replace(checkpoint, tensors=tensors)


def _counting(
    chosen: Mapping[str, Graph], photos: int, tell: Callable[[Step], None]
) -> Callable[[str, str], None]:
    """Make a function that says what begins, and how much is behind."""
    layers = {
        name: sum(not list(module.children()) for module in graph.network.modules())
        for name, graph in chosen.items()
    }
    total = sum(layers.values()) * (1 + photos)
    begun: list[str] = []

    def begin(name: str, doing: str) -> None:
        done = sum(layers[each] for each in begun)
        begun.append(name)
        tell(Step(doing=f"{doing} {name}.onnx", done=done, total=total))

    return begin


def refuse_used_folder(folder: Path) -> None:
    """Let only a new or empty folder pass.

    Raises:
        CheckpointError: There is something, or no place for it.
    """
    if not folder.parent.is_dir():
        raise CheckpointError(f"{folder} cannot be written: there is no folder {folder.parent}.")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise CheckpointError(f"{folder} is there already: give a folder that is new or empty.")


TOLERANCE = 1e-3
"""Largest difference allowed, in standard deviations of the output."""
LEAST_SPREAD = 1e-3
"""Outputs that hardly vary count as varying by this share of their largest value."""


def compare(
    known: Mapping[str, Graph],
    networks: Networks,
    folder: Path,
    photos: Images,
    tell: Callable[[str], None] = lambda name: None,
) -> dict[str, float]:
    """Run exported networks beside PyTorch's, each on what PyTorch makes of photos.

    One photo and one open file at a time: the modulations of a large model take gigabytes, and its
    networks several times their files.

    Args:
        known: Networks in PyTorch by name, see `graphs`.
        networks: The model they are of.
        folder: Exported networks; those that are not there are left out.
        photos: What to compare on.
        tell: Told before a network runs on a photo.

    Returns:
        The largest difference for each network, in standard deviations of its output.

    Raises:
        CheckpointError: A file cannot be run, or PyTorch's results are not finite.
    """
    errors = {name: 0.0 for name in known if (folder / f"{name}.onnx").is_file()}
    for index in range(len(photos)):
        for name, inputs, expected in _steps(known, networks, photos, index):
            if name in errors:
                tell(name)
                given = dict(zip(known[name].inputs, inputs, strict=True))
                results = OnnxNetworks(folder).run(name, given)
                errors[name] = max(errors[name], _worst(name, results, expected))
    return errors


def refuse_differences(errors: Mapping[str, float]) -> None:
    """Let only networks pass that compute what PyTorch's do.

    Raises:
        CheckpointError: One is further off than `TOLERANCE`.
    """
    worst = max(errors, key=lambda name: np.nan_to_num(errors[name], nan=np.inf))
    if not errors[worst] <= TOLERANCE:
        raise CheckpointError(
            f"{worst}.onnx is off from PyTorch by {errors[worst]:.2g} standard deviations of its "
            f"output, more than {TOLERANCE:g}: nothing was written."
        )


def _steps(
    known: Mapping[str, Graph], networks: Networks, photos: Images, index: int
) -> Iterator[tuple[str, list[np.ndarray], list[np.ndarray]]]:
    """Give, for each network, what goes in when a photo is edited, and what PyTorch makes of it."""

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
    """Find the output of the largest difference, each measured by its own spread."""
    return max(
        _difference(name, result, array) for result, array in zip(results, expected, strict=True)
    )


def _difference(name: str, result: np.ndarray, expected: np.ndarray) -> float:
    largest = float(max(expected.max(), -expected.min()))
    if not np.isfinite(largest):
        raise CheckpointError(
            f"The model itself is broken: in PyTorch, its {name} network gives results that are "
            "not finite. Export another snapshot."
        )
    difference = result - expected
    np.abs(difference, out=difference)
    spread = max(float(expected.std(dtype=np.float64)), LEAST_SPREAD * largest)
    return float(difference.max()) / spread if spread else float(difference.max())
