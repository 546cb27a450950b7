"""What `stylemapgan compare` compares: models, or methods of them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stylemapgan.checkpoints.method_file import is_method_file, read_method
from stylemapgan.errors import ConfigError, MissingExtraError

EVALUATION = "evaluation.json"
"""File that a folder of `evaluate` holds, and a folder of models does not."""
NAME = re.compile(r"[a-z0-9-]+")
"""Of a method; paths that follow a drive's colon do not look like one."""
ALL = "all"


@dataclass(frozen=True)
class Compared:
    """A model, and the method that is compared; empty for all methods."""

    model: str
    method: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether it is a folder that `evaluate` wrote."""
        return (Path(self.model) / EVALUATION).is_file()


def list_compared(models: Sequence[str], methods: Sequence[str] = ()) -> list[Compared]:
    """List what is compared.

    Args:
        models: Names, files, folders of model files, folders of evaluations, or MODEL:METHOD.
        methods: Compare these methods of every model one by one, as far as it has them, or `all`;
            none compares models as wholes.

    Raises:
        CheckpointError: A file is damaged.
        ConfigError: A method is unknown, or no model has it.
        MissingExtraError: PyTorch is not installed.
    """
    listed = [_parse(each) for text in dict.fromkeys(models) for each in _files(text)]
    if not methods:
        return listed
    offered = {each: _methods(each) for each in listed}
    known = {name for names in offered.values() for name in names}
    unknown = [name for name in methods if name not in known | {ALL}]
    if unknown:
        raise ConfigError(
            f"No model has the method {unknown[0]!r}: choose from {', '.join(sorted(known))}."
        )
    return [
        Compared(each.model, name)
        for each, names in offered.items()
        for name in names
        if ALL in methods or name in methods
    ]


def folders_of(compared: Iterable[Compared], output: Path) -> list[Path]:
    """Choose a folder for each: its name, numbered where two are equal."""
    folders: list[Path] = []
    for each in compared:
        name = "-".join(part for part in (Path(each.model).stem, each.method) if part)
        taken = sum(folder.name.partition("-again-")[0] == name for folder in folders)
        folders.append(output / (f"{name}-again-{taken}" if taken else name))
    return folders


def _files(text: str) -> list[str]:
    """List the models in a folder, StyleMapGAN's first; anything else stands for itself."""
    folder = Path(text)
    if not folder.is_dir() or (folder / EVALUATION).is_file() or any(folder.glob("*.onnx")):
        return [text]
    files = sorted(folder.glob("*.safetensors"), key=lambda file: (is_method_file(file), file))
    return [str(file) for file in files] or [text]


def _parse(text: str) -> Compared:
    """Split MODEL:METHOD; a colon that no method follows belongs to the model's name.

    Raises:
        ConfigError: The method is unknown, and no model has that name.
    """
    model, _, method = text.rpartition(":")
    if not model or Path(text).exists() or not NAME.fullmatch(method):
        return Compared(text)
    try:
        from stylemapgan.methods.registry import refuse_other_methods, refuse_unknown_methods
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "PyTorch", "evaluate") from None
    if is_method_file(Path(model)):
        refuse_other_methods(Path(model), method)
    else:
        refuse_unknown_methods([method])
    return Compared(model, method)


def _methods(compared: Compared) -> list[str]:
    """List the methods of a model, the one that stands for it first."""
    if compared.method:
        return [compared.method]
    if compared.is_measured:
        raise ConfigError(
            f"{compared.model} is measured already, and --methods would measure again: name models."
        )
    try:
        from stylemapgan.methods.registry import MAIN, METHODS, methods_of
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "PyTorch", "evaluate") from None
    path = Path(compared.model)
    if is_method_file(path):
        return [method.name for method in methods_of(read_method(path))]
    return sorted(METHODS, key=lambda name: name != MAIN)
