"""All methods by name: a new one is one line here."""

from collections.abc import Mapping, Sequence

from stylemapgan.editing.abstract import AbstractEditor
from stylemapgan.errors import ConfigError
from stylemapgan.methods.abstract import AbstractMethod
from stylemapgan.methods.baselines import CopyPixels, DoNothing, PoissonBlending
from stylemapgan.methods.pasted import DetailedInWPlus, PastedInWPlus
from stylemapgan.methods.stylemapgan.editing import StylemapInW, StylemapInWPlus

METHODS: dict[str, type[AbstractMethod]] = {
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
