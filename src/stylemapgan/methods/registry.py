"""All methods by name: a new one is one line here."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from stylemapgan.checkpoints.method_file import MethodCheckpoint, read_method
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.errors import CheckpointError, ConfigError, MissingExtraError
from stylemapgan.methods.abstract import AbstractMethod, AbstractModelMethod, AbstractRival
from stylemapgan.methods.baselines import CopyPixels, DoNothing, PoissonBlending
from stylemapgan.methods.pasted import DetailedInWPlus, PastedInWPlus
from stylemapgan.methods.stylemapgan.editing import StylemapInW, StylemapInWPlus

METHODS: dict[str, type[AbstractModelMethod]] = {
    "w": StylemapInW,
    "w-plus": StylemapInWPlus,
    "w-plus-pasted": PastedInWPlus,
    "w-plus-detail": DetailedInWPlus,
    "copy-pixels": CopyPixels,
    "poisson": PoissonBlending,
    "do-nothing": DoNothing,
}
"""Name on the command line → method; reports list them in this order."""
MAIN = "w-plus"
"""The method that stands for a model where only one can."""
RIVALS: dict[str, tuple[str, ...]] = {
    "backbone": (
        "image2stylegan:Image2StyleGAN",
        "in_domain:InDomain",
        "neural_collage:NeuralCollage",
        "pix2latent:Pix2Latent",
    ),
}
"""Method of a model file → what it opens: module in this package, a colon, and class. Modules are
imported when needed, because they need PyTorch."""


def open_methods(
    editor: AbstractEditor, names: Sequence[str] = (), rivals: Sequence[Path] = ()
) -> tuple[AbstractMethod, ...]:
    """Open methods for a model, and methods with models of their own.

    Args:
        editor: The model; methods share it.
        names: Which ones of those that work with it; all that there are if empty.
        rivals: Model files of other methods, or folders of them.

    Raises:
        ConfigError: There is no such method, or two files hold the same one.
        CheckpointError: A file is missing, damaged, or not the model of another method.
        MissingExtraError: A package that a method needs is not installed.
    """
    refuse_unknown_methods(names)
    chosen = [method.open(editor) for name, method in METHODS.items() if name in names or not names]
    opened = (*chosen, *open_rivals(rivals))
    for number, method in enumerate(opened):
        if method.name in {other.name for other in opened[:number]}:
            raise ConfigError(f"Two model files hold the method {method.name}: give one of them.")
    return opened


def open_rivals(paths: Sequence[Path]) -> Iterator[AbstractMethod]:
    """Open all methods of model files, or of all files in folders.

    Raises:
        CheckpointError: A file is missing, damaged, or not the model of another method.
    """
    for path in paths:
        files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
        if not files:
            raise CheckpointError(f"{path} holds no model files.")
        for file in files:
            yield from open_file(file)


def open_file(path: Path) -> tuple[AbstractMethod, ...]:
    """Open all methods that work with the model in a file.

    Raises:
        CheckpointError: The file is missing, damaged, or not the model of another method.
    """
    checkpoint = read_method(path)
    try:
        return tuple(rival.open(checkpoint) for rival in rivals_of(checkpoint))
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None


def rivals_of(checkpoint: MethodCheckpoint) -> tuple[type[AbstractRival], ...]:
    """List what a model file opens.

    Raises:
        CheckpointError: Its method is unknown.
        MissingExtraError: PyTorch is not installed.
    """
    if checkpoint.method not in RIVALS:
        raise CheckpointError(
            f"it is a model of the method {checkpoint.method!r}, which this version does not know: "
            f"it knows {', '.join(RIVALS)}."
        )
    return tuple(_class(place) for place in RIVALS[checkpoint.method])


def _class(place: str) -> type[AbstractRival]:
    module, name = place.split(":")
    try:
        return getattr(import_module(f"stylemapgan.methods.{module}"), name)
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "PyTorch", "train") from None


def refuse_unknown_methods(names: Sequence[str]) -> None:
    """Let only names of methods pass.

    Raises:
        ConfigError: There is no such method.
    """
    for name in names:
        if name not in METHODS:
            raise ConfigError(f"There is no method {name!r}: choose from {', '.join(METHODS)}.")


def main_method(methods: Sequence[AbstractMethod]) -> AbstractMethod:
    """Pick the method that stands for a model: w-plus, else the first."""
    known: Mapping[str, AbstractMethod] = {method.name: method for method in methods}
    return known.get(METHODS[MAIN].name, methods[0])
