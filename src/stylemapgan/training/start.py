"""Begin a run, or pick one up again."""

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path

from lightning_fabric import Fabric

from stylemapgan.config import RunConfig
from stylemapgan.data import open_folder
from stylemapgan.features import load_distance
from stylemapgan.training.folder import RunFolder
from stylemapgan.training.loop import Run

OnPhoto = Callable[[int, int], None]


def start(config: RunConfig, path: Path, on_photo: OnPhoto | None = None) -> Run:
    """Make a run's folder and everything it needs in memory.

    Args:
        config: All settings; `data.photos` names the folder to train on.
        path: The run's folder; new or empty.
        on_photo: Told how many photos are unpacked, and of how many.

    Raises:
        TrainingError: The run's folder is in use.
        DataError: A folder holds no usable pictures, or feature weights are missing.
        MissingExtraError: A package that the settings ask for is not installed.
    """
    config = _with_absolute_folders(config)
    folder = RunFolder(path)
    folder.refuse_if_used()
    run = _open(config, folder, on_photo)
    folder.create(config)
    return run


def resume(path: Path, on_photo: OnPhoto | None = None) -> Run:
    """Open a run where its newest saved state left it.

    Raises:
        TrainingError: The folder is no run.
        DataError: The photos are gone, or feature weights are missing.
        MissingExtraError: A package that the settings ask for is not installed.
    """
    folder = RunFolder(path)
    run = _open(folder.config(), folder, on_photo)
    run.resume()
    return run


def _open(config: RunConfig, folder: RunFolder, on_photo: OnPhoto | None) -> Run:
    size, training = config.model.image_size, config.training
    photos = open_folder(Path(config.data.photos), size, on_progress=on_photo)
    validation = photos
    if config.data.validation:
        validation = open_folder(Path(config.data.validation), size, on_progress=on_photo)
    weights = training.perceptual_weights
    distance = load_distance(training.perceptual_network, Path(weights) if weights else None)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    fabric = Fabric(accelerator="auto", devices=1, precision=training.precision)
    return Run(
        config=config,
        folder=folder,
        fabric=fabric,
        photos=photos,
        validation=validation,
        distance=distance.to(fabric.device) if distance else None,
    )


def _with_absolute_folders(config: RunConfig) -> RunConfig:
    """A run can be resumed from anywhere."""
    data = config.data
    validation = str(Path(data.validation).resolve()) if data.validation else ""
    photos = str(Path(data.photos).resolve())
    return dataclasses.replace(
        config, data=dataclasses.replace(data, photos=photos, validation=validation)
    )
