"""Start a run of the method that its configuration names, or resume one."""

from pathlib import Path
from typing import Any

from stylemapgan.config import RunConfig
from stylemapgan.methods.recipes import recipe_for
from stylemapgan.training import start as training
from stylemapgan.training.loop import Run
from stylemapgan.training.processes import Hardware
from stylemapgan.training.run_folder import RunFolder


def start(
    config: RunConfig,
    path: Path,
    on_photo: training.OnPhoto | None = None,
    hardware: Hardware | None = None,
) -> Run[Any]:
    """Start a run; see `stylemapgan.training.start.start`."""
    return training.start(recipe_for(config), config, path, on_photo, hardware)


def resume(
    path: Path, on_photo: training.OnPhoto | None = None, hardware: Hardware | None = None
) -> Run[Any]:
    """Resume a run; see `stylemapgan.training.start.resume`."""
    recipe = recipe_for(RunFolder(path).config())
    return training.resume(recipe, path, on_photo, hardware)
