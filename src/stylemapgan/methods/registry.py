"""All methods by name: a new one is one line here."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from stylemapgan.checkpoints.method_file import MethodCheckpoint, read_method
from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.errors import CheckpointError, ConfigError, MissingExtraError
from stylemapgan.methods.abstract import AbstractMethod, AbstractModelMethod, AbstractTrainedMethod
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
TRAINED_METHODS: dict[str, tuple[str, ...]] = {
    "backbone": (
        "stylemapgan.methods.image2stylegan:Image2StyleGAN",
        "stylemapgan.methods.in_domain:InDomain",
        "stylemapgan.methods.neural_collage:NeuralCollage",
        "stylemapgan.methods.pix2latent:Pix2Latent",
        "stylemapgan.methods.editing_in_style:EditingInStyle",
    ),
    "ali": ("stylemapgan.methods.ali:ALI",),
    "bigan": ("stylemapgan.methods.bigan:BiGAN",),
    "alae": ("stylemapgan.methods.alae:ALAE",),
    "sean": ("stylemapgan.methods.sean.method:SEAN",),
    "structured-noise": ("stylemapgan.methods.structured_noise.method:StructuredNoise",),
}
"""Method of a model file → what it opens: modules and classes, such as
`stylemapgan.methods.alae:ALAE`. Modules are imported when needed, because they need PyTorch."""


def open_methods(editor: AbstractEditor, names: Sequence[str] = ()) -> tuple[AbstractMethod, ...]:
    """Open methods for a model.

    Args:
        editor: The model; methods share it.
        names: Which ones; all that there are if empty.

    Raises:
        ConfigError: There is no such method.
        MissingExtraError: A package that a method needs is not installed.
    """
    refuse_unknown_methods(names)
    return tuple(
        method.open(editor) for name, method in METHODS.items() if name in names or not names
    )


def open_trained(paths: Sequence[Path]) -> tuple[AbstractTrainedMethod, ...]:
    """Open all methods of model files, or of all files in folders.

    Raises:
        CheckpointError: A file is missing, damaged, or not the model of another method.
        ConfigError: Two files hold the same method.
        MissingExtraError: A package that a method needs is not installed.
    """
    opened: dict[str, AbstractTrainedMethod] = {}
    for path in paths:
        files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
        if not files:
            raise CheckpointError(f"{path} holds no model files.")
        for method in (each for file in files for each in open_file(file)):
            if method.name in opened:
                raise ConfigError(f"Two model files hold the method {method.name}: leave one out.")
            opened[method.name] = method
    return tuple(opened.values())


def open_file(path: Path) -> tuple[AbstractTrainedMethod, ...]:
    """Open all methods that work with the model in a file.

    Raises:
        CheckpointError: The file is missing, damaged, or not the model of another method.
    """
    checkpoint = read_method(path)
    try:
        return tuple(method.open(checkpoint) for method in methods_of(checkpoint))
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None


def methods_of(checkpoint: MethodCheckpoint) -> tuple[type[AbstractTrainedMethod], ...]:
    """List what a model file opens.

    Raises:
        CheckpointError: Its method is unknown.
        MissingExtraError: PyTorch is not installed.
    """
    if checkpoint.method not in TRAINED_METHODS:
        raise CheckpointError(
            f"it is a model of the method {checkpoint.method!r}, which this version does not know: "
            f"it knows {', '.join(TRAINED_METHODS)}."
        )
    return tuple(_class(place) for place in TRAINED_METHODS[checkpoint.method])


def _class(place: str) -> type[AbstractTrainedMethod]:
    module, name = place.split(":")
    try:
        return getattr(import_module(module), name)
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


def refuse_other_methods(path: Path, name: str) -> None:
    """Let only methods pass that a model file opens.

    Raises:
        CheckpointError: The file is missing, damaged, or not the model of another method.
        ConfigError: The file opens other methods.
    """
    names = [method.name for method in methods_of(read_method(path))]
    if name not in names:
        raise ConfigError(f"{path} opens no method {name!r}: choose from {', '.join(names)}.")


def main_method(methods: Sequence[AbstractMethod]) -> AbstractMethod:
    """Pick the method that stands for a model: w-plus, else the first."""
    known: Mapping[str, AbstractMethod] = {method.name: method for method in methods}
    return known.get(METHODS[MAIN].name, methods[0])
