"""Begin a run, or pick one up again."""

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
from lightning_fabric import Fabric

from stylemapgan import images
from stylemapgan.config import RunConfig
from stylemapgan.data import AbstractPhotos, PhotoSet, ShardStream, open_photos
from stylemapgan.data.sources.places import absolute
from stylemapgan.features import load_distance
from stylemapgan.images.batches import batch_for
from stylemapgan.training.folder import RunFolder
from stylemapgan.training.loop import Run
from stylemapgan.training.processes import Hardware, first_alone, open_fabric
from stylemapgan.training.transfer import load_teacher, transfer

OnPhoto = Callable[[int, int], None]
SAMPLE = 256
"""Photos of a stream to validate on, where no others are given."""
SAMPLE_BATCH = 64
"""Of these, photos of up to 128 pixels that are in memory as floats at a time."""


def start(
    config: RunConfig,
    path: Path,
    on_photo: OnPhoto | None = None,
    hardware: Hardware | None = None,
) -> Run:
    """Make a run's folder and everything it needs in memory.

    Args:
        config: All settings; `data.photos` names what to train on.
        path: The run's folder; new or empty.
        on_photo: Told how many photos are unpacked, and of how many.
        hardware: What to compute on; one device if not given.

    Raises:
        TrainingError: The run's folder is in use, or the hardware is not there.
        DataError: A source holds no usable pictures, or feature weights are missing.
        CheckpointError: The model to start from is missing or damaged.
        ConfigError: Settings do not go together.
        MissingExtraError: A package that the settings ask for is not installed.
    """
    config = _with_absolute_places(config)
    fabric = _open_quietly(config, hardware)
    folder = RunFolder(path)
    first_alone(fabric, folder.refuse_if_used)
    run = _open(config, folder, fabric, on_photo)
    teacher = config.training.init_from
    if teacher:
        run.origin = f"{teacher}: {transfer(run.state, load_teacher(teacher))}"
    first_alone(fabric, lambda: folder.create(config))
    return run


def resume(path: Path, on_photo: OnPhoto | None = None, hardware: Hardware | None = None) -> Run:
    """Open a run where its newest saved state left it.

    Args:
        path: The run's folder.
        on_photo: Told how many photos are unpacked, and of how many.
        hardware: What to compute on; it may be other than before.

    Raises:
        TrainingError: The folder is no run, or the hardware is not there.
        DataError: The photos are gone, or feature weights are missing.
        ConfigError: The settings do not go with the number of processes.
        MissingExtraError: A package that the settings ask for is not installed.
    """
    folder = RunFolder(path)
    config = folder.config()
    run = _open(config, folder, _open_quietly(config, hardware), on_photo)
    run.resume()
    return run


def _open(config: RunConfig, folder: RunFolder, fabric: Fabric, on_photo: OnPhoto | None) -> Run:
    size, training = config.model.image_size, config.training
    photos = _open_training_photos(config, on_photo)
    if config.data.validation:
        validation = open_photos(config.data.validation, size, on_progress=on_photo)
    else:
        validation = photos if isinstance(photos, PhotoSet) else _sample_of(photos)
    weights = training.perceptual_weights
    distance = load_distance(training.perceptual_network, Path(weights) if weights else None)
    return Run(
        config=config,
        folder=folder,
        fabric=fabric,
        photos=photos,
        validation=validation,
        distance=distance.to(fabric.device) if distance else None,
    )


def _open_training_photos(config: RunConfig, on_photo: OnPhoto | None) -> AbstractPhotos:
    place, size = config.data.photos, config.model.image_size
    if config.data.stream:
        return ShardStream(place, size, on_progress=on_photo)
    return open_photos(place, size, on_progress=on_photo)


def _sample_of(photos: AbstractPhotos) -> PhotoSet:
    """Keep some photos of a stream for sheets and validation."""
    rows = batch_for(photos.size, SAMPLE_BATCH)
    pixels = np.concatenate(list(map(images.to_bytes, photos.spread(SAMPLE, rows))))
    return PhotoSet(pixels=pixels, names=tuple(map(str, range(len(pixels)))), skipped=())


def _open_quietly(config: RunConfig, hardware: Hardware | None) -> Fabric:
    for name in ("lightning_fabric", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return open_fabric(hardware or Hardware(), config.training.precision)


def _with_absolute_places(config: RunConfig) -> RunConfig:
    """A run can be resumed from anywhere."""
    data, training = config.data, config.training
    places = {name: getattr(data, name) for name in ("photos", "validation")}
    complete = {name: absolute(place) for name, place in places.items() if place}
    teacher = training.init_from
    if teacher and Path(teacher).exists():  # else it is a bundled model's name
        teacher = str(Path(teacher).resolve())
    return dataclasses.replace(
        config,
        data=dataclasses.replace(data, **complete),
        training=dataclasses.replace(training, init_from=teacher),
    )
