"""Begin a run, or pick one up again."""

import dataclasses
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from lightning_fabric import Fabric

from stylemapgan import images
from stylemapgan.config import RunConfig
from stylemapgan.data import AbstractPhotos, PhotoSet, ShardStream, open_photos
from stylemapgan.data.sources.locations import absolute
from stylemapgan.errors import TrainingError
from stylemapgan.features import load_distance
from stylemapgan.images.levels import batch_for
from stylemapgan.machine.precision import Choice, choose
from stylemapgan.training.loop import Run
from stylemapgan.training.processes import (
    Hardware,
    any_of,
    device_of,
    first_alone,
    open_fabric,
)
from stylemapgan.training.run_folder import RunFolder
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

    The folder is locked from before anything is written until `Run.train` or `Run.close` ends.

    Args:
        config: All settings; `data.photos` names what to train on.
        path: The run's folder; new or empty.
        on_photo: Told how many photos are unpacked, and of how many.
        hardware: What to compute on; one device if not given.

    Raises:
        TrainingError: The run's folder is in use, or the hardware is not there.
        StorageError: The run's folder cannot be written to.
        DataError: A source holds no usable pictures, or feature weights are missing.
        CheckpointError: The model to start from is missing or damaged.
        ConfigError: Settings do not go together.
        MissingExtraError: A package that the settings ask for is not installed.
    """
    choice = choose_precision(config, hardware)
    config = _with_absolute_places(config)
    fabric = _open_quietly(choice, hardware)
    folder = RunFolder(path)
    first_alone(fabric, folder.lock_new)
    with _let_go_on_error(folder, is_new=True):
        run = _open(config, folder, fabric, choice, on_photo)
        run.is_new = True
        teacher = config.training.init_from
        if teacher:
            run.origin = f"{teacher}: {transfer(run.state, load_teacher(teacher))}"
        first_alone(fabric, lambda: folder.create(run.config, _remark(choice)))
    return run


def resume(path: Path, on_photo: OnPhoto | None = None, hardware: Hardware | None = None) -> Run:
    """Open a run where its newest good state left it; its folder is locked until it ends.

    Args:
        path: The run's folder.
        on_photo: Told how many photos are unpacked, and of how many.
        hardware: What to compute on; it may be other than before.

    Raises:
        TrainingError: The folder is no run or in use, no state in it is good, or the hardware is
            not there.
        StorageError: The folder cannot be written to.
        DataError: The photos are gone, or feature weights are missing.
        ConfigError: The settings do not go with the number of processes.
        MissingExtraError: A package that the settings ask for is not installed.
    """
    folder = RunFolder(path)
    config = folder.config()
    choice = choose_precision(config, hardware)
    fabric = _open_quietly(choice, hardware)
    first_alone(fabric, folder.lock.acquire)
    with _let_go_on_error(folder, is_new=False):
        run = _open(config, folder, fabric, choice, on_photo)
        run.resume()
    return run


def choose_precision(config: RunConfig, hardware: Hardware | None = None) -> Choice:
    """Decide what `auto` means for a run on that hardware; else take what the settings say."""
    return choose(config.training.precision, device_of(hardware or Hardware()))


def with_precision(config: RunConfig, choice: Choice) -> RunConfig:
    """Put the choice in the place of `auto`: a run keeps it wherever it goes on."""
    training = dataclasses.replace(config.training, precision=choice.precision)
    return dataclasses.replace(config, training=training)


@contextmanager
def _let_go_on_error(folder: RunFolder, is_new: bool) -> Iterator[None]:
    """Unlock a run's folder if the run cannot begin; of a new one nothing stays."""
    try:
        yield
    except BaseException:  # Ctrl-C too
        if folder.lock.is_held and is_new:
            folder.remove_unbegun()
        folder.lock.release()
        raise


def _open(
    config: RunConfig,
    folder: RunFolder,
    fabric: Fabric,
    choice: Choice,
    on_photo: OnPhoto | None,
) -> Run:
    _refuse_disagreement(fabric, choice)
    config = with_precision(config, choice)
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
        precision=choice if choice.was_auto else None,
    )


def _refuse_disagreement(fabric: Fabric, choice: Choice) -> None:
    """Let no process compute in another precision than the first, on machines that differ."""
    first = first_alone(fabric, lambda: choice.precision)
    if any_of(fabric, first != choice.precision):
        raise TrainingError(
            "precision auto means 32-true for some of this run's processes and bf16-mixed for "
            "others, for their processors or GPUs differ: name one with --precision."
        )


def _remark(choice: Choice) -> str:
    """Say in `config.toml` that nobody set the precision."""
    return f"precision {choice.precision} was chosen: {choice.reason}." if choice.was_auto else ""


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


def _open_quietly(choice: Choice, hardware: Hardware | None) -> Fabric:
    for name in ("lightning_fabric", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return open_fabric(hardware or Hardware(), choice.precision)


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
