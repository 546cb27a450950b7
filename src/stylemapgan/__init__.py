"""Edit real photographs by painting with other photographs.

Names are imported when first asked for, so that importing the package is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stylemapgan import images
    from stylemapgan.config import PRESETS, DataConfig, ModelConfig, RunConfig, TrainConfig
    from stylemapgan.data.preparing import PrepareConfig, prepare
    from stylemapgan.editing import (
        AbstractEditor,
        BoxMask,
        Edit,
        Editor,
        OnnxEditor,
        Part,
        PartMask,
        PngMask,
        Push,
        open_editor,
        operations,
    )
    from stylemapgan.editing.photo import CroppedPhoto, FullPhoto, Square
    from stylemapgan.errors import StyleMapGANError
    from stylemapgan.evaluation.whole_evaluation import evaluate
    from stylemapgan.methods.whole_run import resume, train

    __version__: str

__all__ = [
    "PRESETS",
    "AbstractEditor",
    "BoxMask",
    "CroppedPhoto",
    "DataConfig",
    "Edit",
    "Editor",
    "FullPhoto",
    "ModelConfig",
    "OnnxEditor",
    "Part",
    "PartMask",
    "PngMask",
    "PrepareConfig",
    "Push",
    "RunConfig",
    "Square",
    "StyleMapGANError",
    "TrainConfig",
    "__version__",
    "evaluate",
    "images",
    "open_editor",
    "operations",
    "prepare",
    "resume",
    "train",
]

_MODULES = {"images": "stylemapgan.images", "operations": "stylemapgan.editing.operations"}
_HOMES = {
    **dict.fromkeys(("DataConfig", "ModelConfig", "PRESETS"), "stylemapgan.config"),
    **dict.fromkeys(("RunConfig", "TrainConfig"), "stylemapgan.config"),
    **dict.fromkeys(("AbstractEditor", "Editor", "OnnxEditor"), "stylemapgan.editing"),
    **dict.fromkeys(("BoxMask", "PartMask", "PngMask"), "stylemapgan.editing"),
    **dict.fromkeys(("Edit", "Part", "Push", "open_editor"), "stylemapgan.editing"),
    **dict.fromkeys(("CroppedPhoto", "FullPhoto", "Square"), "stylemapgan.editing.photo"),
    **dict.fromkeys(("PrepareConfig", "prepare"), "stylemapgan.data.preparing"),
    **dict.fromkeys(("resume", "train"), "stylemapgan.methods.whole_run"),
    "evaluate": "stylemapgan.evaluation.whole_evaluation",
    "StyleMapGANError": "stylemapgan.errors",
}
"""Where each public name is: known without importing it."""


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from stylemapgan.version import package_version

        return package_version()
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("stylemapgan"):
            raise
        from stylemapgan.errors import MissingExtraError

        raise MissingExtraError(error.name, "train") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
