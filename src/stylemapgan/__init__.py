"""Edit real photographs by painting with other photographs.

Names are imported when first asked for, so that importing the package is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stylemapgan.config import ModelConfig, RunConfig, TrainConfig
    from stylemapgan.editing import AbstractEditor, Editor, OnnxEditor
    from stylemapgan.errors import StyleMapGANError

    __version__: str

__all__ = [
    "AbstractEditor",
    "Editor",
    "ModelConfig",
    "OnnxEditor",
    "RunConfig",
    "StyleMapGANError",
    "TrainConfig",
    "__version__",
]

_HOMES = {
    "AbstractEditor": "stylemapgan.editing",
    "Editor": "stylemapgan.editing",
    "ModelConfig": "stylemapgan.config",
    "OnnxEditor": "stylemapgan.editing",
    "RunConfig": "stylemapgan.config",
    "StyleMapGANError": "stylemapgan.errors",
    "TrainConfig": "stylemapgan.config",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("stylemapgan")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
