"""`stylemapgan info`."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table

from stylemapgan import zoo
from stylemapgan.checkpoints.file import Checkpoint, read
from stylemapgan.config import to_dict
from stylemapgan.machine import describe_machine


def info(model: str = zoo.BUNDLED[0], /, *, machine: bool = False) -> None:
    """Show what a model does, its training data and its licence; or what computes here.

    Args:
        model: Name of a bundled model, or a .safetensors file.
        machine: Show this machine instead: devices, the processor's capability, threads, versions,
            and what precision auto means here.
    """
    if machine:
        _print("this machine", describe_machine().items())
        return
    path = zoo.find(model)
    _print(str(path), _facts(read(path)))


def _print(title: str, facts: Iterable[tuple[str, str]]) -> None:
    table = Table(title=title, show_header=False, title_justify="left")
    for name, value in facts:
        table.add_row(name, value)
    Console().print(table)


def _facts(checkpoint: Checkpoint) -> Iterator[tuple[str, str]]:
    yield "images seen", f"{checkpoint.images_seen:,}"
    yield "licence", checkpoint.licence or "not stated"
    yield "data", checkpoint.data or "not stated"
    yield "subject", checkpoint.subject or "not stated"
    for network in ("generator", "encoder", "discriminator"):
        yield f"parameters of the {network}", f"{_parameters(checkpoint, network):,}"
    for name, value in to_dict(checkpoint.config).items():
        yield name.replace("_", " "), _plain(value)


def _parameters(checkpoint: Checkpoint, network: str) -> int:
    names = (name for name in checkpoint.tensors if name.startswith(f"{network}."))
    return sum(checkpoint.tensors[name].size for name in names)


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
