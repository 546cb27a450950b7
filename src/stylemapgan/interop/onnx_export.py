"""Models as ONNX files, which run without PyTorch and in other languages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stylemapgan import zoo
from stylemapgan.checkpoints.file import Checkpoint, to_metadata
from stylemapgan.checkpoints.networks import build
from stylemapgan.editing.onnx_sessions import ONNX_FORMAT
from stylemapgan.errors import CheckpointError
from stylemapgan.images.atomic import replacing_folder
from stylemapgan.interop.onnx_comparison import compare, refuse_differences
from stylemapgan.interop.onnx_graphs import Graph, graphs, import_onnx, trace
from stylemapgan.interop.onnx_weights import write
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
            far from PyTorch's, see `onnx_comparison`.
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
