"""A whole run in one call: `stylemapgan.train` and `stylemapgan.resume`."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from stylemapgan.config import RunConfig
from stylemapgan.methods import runs
from stylemapgan.training.loop import Run
from stylemapgan.training.processes import Hardware


def _never() -> bool:
    return False


def train(
    config: RunConfig,
    folder: Path | str,
    *,
    should_stop: Callable[[], bool] = _never,
    hardware: Hardware | None = None,
) -> list[Path]:
    """Train a model.

    Whatever ends the run, Ctrl-C included, its state is saved first, and `resume` continues.

    Args:
        config: Configuration, such as a preset with photos:
            `replace(PRESETS["laptop-64"], data=DataConfig(photos="pictures/"))`.
        folder: Folder for the run; new or empty.
        should_stop: Called before each update; True saves and ends the run early.
        hardware: Devices to use; by default one, chosen automatically.

    Returns:
        The run's snapshots, oldest first: models for `open_editor`.

    Raises:
        ConfigError: The settings contradict each other.
        DataError: The photos cannot be used.
        TrainingError: The folder is in use, or training diverged; the message says what is saved.
    """
    return _to_the_end(runs.start(config, Path(folder), hardware=hardware), should_stop)


def resume(
    folder: Path | str,
    *,
    should_stop: Callable[[], bool] = _never,
    hardware: Hardware | None = None,
) -> list[Path]:
    """Continue a run from its newest good state.

    Args:
        folder: Folder of the run; `config.toml` there holds its configuration.
        should_stop: Called before each update; True saves and ends the run early.
        hardware: Devices to use; they may differ from those before.

    Returns:
        The run's snapshots, oldest first: models for `open_editor`.

    Raises:
        DataError: The photos cannot be used.
        TrainingError: The folder does not hold a run or a good state, or training diverged.
    """
    return _to_the_end(runs.resume(Path(folder), hardware=hardware), should_stop)


def _to_the_end(run: Run[Any], should_stop: Callable[[], bool]) -> list[Path]:
    with closing(run):
        run.train(should_stop)
    return sorted(run.folder.snapshots.glob("*.safetensors"))
