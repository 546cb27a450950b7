"""Start a run, or resume one."""

import dataclasses
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from lightning_fabric import Fabric

from stylemapgan import images
from stylemapgan.config import RunConfig
from stylemapgan.data import AbstractPhotos, PhotoSet, ShardStream, open_photos
from stylemapgan.data.label_maps import LabelMapSet, open_label_maps, part_names_beside
from stylemapgan.data.sources.locations import absolute
from stylemapgan.errors import ConfigError, TrainingError
from stylemapgan.features import load_distance
from stylemapgan.features.efficientnet import load_efficientnet_lite0
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
from stylemapgan.training.recipe import Recipe, State
from stylemapgan.training.run_folder import RunFolder

OnPhoto = Callable[[int, int], None]
SAMPLE = 256
"""Photos of a stream to validate on if no validation photos are configured."""
SAMPLE_BATCH = 64
"""Of these, photos of up to 128 pixels that are in memory as floats at once."""


class _Engine(NamedTuple):
    """What computes a run, and in which precision."""

    fabric: Fabric
    choice: Choice


def start(
    recipe: Recipe[State],
    config: RunConfig,
    path: Path,
    on_photo: OnPhoto | None = None,
    hardware: Hardware | None = None,
) -> Run[State]:
    """Create a run's folder, and load everything the run needs.

    The folder is locked before anything is written, and until `Run.train` or `Run.close` ends.

    Args:
        recipe: What to train, and how.
        config: Configuration; `data.photos` names what to train on.
        path: The run's folder; new or empty.
        on_photo: Called with the number of unpacked photos and their total.
        hardware: What to compute on; one device if not given.

    Raises:
        TrainingError: The run's folder is in use, or the hardware is not available.
        StorageError: The run's folder cannot be written.
        DataError: A source holds no usable pictures, or feature weights are missing.
        CheckpointError: The model to start from is missing or damaged.
        ConfigError: Settings contradict each other.
        MissingExtraError: A package that the configuration needs is not installed.
    """
    engine = _start_engine(config, hardware)
    config = _with_absolute_paths(config)
    folder = RunFolder(path)
    first_alone(engine.fabric, folder.lock_new)
    with _unlocked_on_error(folder, is_new=True):
        run = _open(recipe, config, folder, engine, on_photo)
        run.is_new = True
        pretrained = config.training.init_from
        if pretrained:
            run.origin = f"{pretrained}: {recipe.transfer(run.state, pretrained)}"
        first_alone(engine.fabric, lambda: folder.create(run.config, _remark(engine.choice)))
    return run


def resume(
    recipe: Recipe[State],
    path: Path,
    on_photo: OnPhoto | None = None,
    hardware: Hardware | None = None,
) -> Run[State]:
    """Load a run from its newest good state; its folder is locked until the run ends.

    Args:
        recipe: What the run trains, and how.
        path: The run's folder.
        on_photo: Called with the number of unpacked photos and their total.
        hardware: What to compute on; it may differ from before.

    Raises:
        TrainingError: The folder does not hold a run or is in use, no state in it is good, or the
            hardware is not available.
        StorageError: The folder cannot be written.
        DataError: The photos are missing, or feature weights are.
        ConfigError: The batch does not divide among the processes.
        MissingExtraError: A package that the configuration needs is not installed.
    """
    folder = RunFolder(path)
    config = folder.config()
    engine = _start_engine(config, hardware)
    first_alone(engine.fabric, folder.lock.acquire)
    with _unlocked_on_error(folder, is_new=False):
        run = _open(recipe, config, folder, engine, on_photo)
        run.resume()
    return run


def choose_precision(config: RunConfig, hardware: Hardware | None = None) -> Choice:
    """Choose the precision that `auto` stands for on the hardware; keep any other."""
    return choose(config.training.precision, device_of(hardware or Hardware()))


def with_precision(config: RunConfig, choice: Choice) -> RunConfig:
    """Replace `auto` by the chosen precision: a run keeps it wherever it is resumed."""
    training = dataclasses.replace(config.training, precision=choice.precision)
    return dataclasses.replace(config, training=training)


def with_parts(recipe: Recipe[Any], config: RunConfig) -> RunConfig:
    """Add the names of parts that are read beside the photos, for a method that needs maps of them.

    Raises:
        ConfigError: The configuration names other parts, or changes photos as maps cannot follow.
        DataError: There are no maps beside the photos.
    """
    if not recipe.needs_label_maps or not config.data.photos:
        return config
    needs = f"The method {recipe.method} needs a map of parts for each photo"
    if config.data.stream:
        raise ConfigError(f"{needs}, which shards do not have: train on a folder, without stream.")
    if not config.training.photo_augmentation.is_off:
        raise ConfigError(f"{needs}, which photo_augmentation does not change: set it to 0.")
    found, named = part_names_beside(config.data.photos), config.vector.parts
    if named and named != found:
        raise ConfigError(
            f"vector.parts names {', '.join(named)}, but the maps beside {config.data.photos} "
            f"have the parts {', '.join(found)}."
        )
    vector = dataclasses.replace(config.vector, parts=found)
    return dataclasses.replace(config, vector=vector)


@contextmanager
def _unlocked_on_error(folder: RunFolder, is_new: bool) -> Iterator[None]:
    """Unlock a run's folder if the run cannot begin; remove the files of a new one."""
    try:
        yield
    except BaseException:  # Ctrl-C too
        if folder.lock.is_held and is_new:
            folder.remove_unbegun()
        folder.lock.release()
        raise


def _open(
    recipe: Recipe[State],
    config: RunConfig,
    folder: RunFolder,
    engine: _Engine,
    on_photo: OnPhoto | None,
) -> Run[State]:
    _refuse_disagreement(engine)
    fabric, choice = engine
    config = with_parts(recipe, with_precision(config, choice))
    size, training = recipe.image_size(config), config.training
    photos = _open_training_photos(config, size, on_photo)
    if config.data.validation:
        validation = open_photos(config.data.validation, size, on_progress=on_photo)
    else:
        validation = photos if isinstance(photos, PhotoSet) else _sample_of(photos)
    maps = _open_label_maps(recipe, config, photos, validation)
    weights = training.perceptual_weights
    distance = load_distance(training.perceptual_network, Path(weights) if weights else None)
    features = load_efficientnet_lite0() if training.weights.use_features else None
    return Run(
        recipe=recipe,
        config=config,
        folder=folder,
        fabric=fabric,
        photos=photos,
        validation=validation,
        distance=distance.to(fabric.device) if distance else None,
        label_maps=maps[0],
        validation_maps=maps[1],
        features=features.to(fabric.device) if features else None,
        precision=choice if choice.was_auto else None,
    )


def _refuse_disagreement(engine: _Engine) -> None:
    """Refuse `auto` where it stands for different precisions on different processes."""
    fabric, choice = engine
    first = first_alone(fabric, lambda: choice.precision)
    if any_of(fabric, first != choice.precision):
        raise TrainingError(
            "precision auto means 32-true for some of this run's processes and bf16-mixed for "
            "others, because their processors or GPUs differ: choose one with --precision."
        )


def _remark(choice: Choice) -> str:
    """Explain in `config.toml` why this precision was chosen, unless the user set it."""
    return f"precision {choice.precision} was chosen: {choice.reason}." if choice.was_auto else ""


def _open_training_photos(config: RunConfig, size: int, on_photo: OnPhoto | None) -> AbstractPhotos:
    location = config.data.photos
    if config.data.stream:
        return ShardStream(location, size, on_progress=on_photo)
    return open_photos(location, size, on_progress=on_photo)


def _open_label_maps(
    recipe: Recipe[Any], config: RunConfig, photos: AbstractPhotos, validation: PhotoSet
) -> tuple[LabelMapSet | None, LabelMapSet | None]:
    """Read the maps of photos and validation photos, if the method needs them.

    Raises:
        DataError: A map is missing, or does not fit its photo.
        ConfigError: Validation photos have other parts.
    """
    if not recipe.needs_label_maps or not isinstance(photos, PhotoSet):
        return None, None
    maps = open_label_maps(config.data.photos, photos)
    if validation is photos:
        return maps, maps
    validation_maps = open_label_maps(config.data.validation, validation)
    if validation_maps.parts != maps.parts:
        raise ConfigError(
            f"The maps beside {config.data.validation} have the parts "
            f"{', '.join(validation_maps.parts)}, those beside {config.data.photos} "
            f"{', '.join(maps.parts)}: both need the same."
        )
    return maps, validation_maps


def _sample_of(photos: AbstractPhotos) -> PhotoSet:
    """Keep some photos of a stream for sample sheets and validation."""
    rows = batch_for(photos.size, SAMPLE_BATCH)
    pixels = np.concatenate(list(map(images.to_bytes, photos.spread(SAMPLE, rows))))
    return PhotoSet(pixels=pixels, names=tuple(map(str, range(len(pixels)))), skipped=())


def _start_engine(config: RunConfig, hardware: Hardware | None) -> _Engine:
    choice = choose_precision(config, hardware)
    for name in ("lightning_fabric", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return _Engine(open_fabric(hardware or Hardware(), choice.precision), choice)


def _with_absolute_paths(config: RunConfig) -> RunConfig:
    """Make paths absolute, so that a run can be resumed from any folder."""
    data, training = config.data, config.training
    locations = {name: getattr(data, name) for name in ("photos", "validation")}
    complete = {name: absolute(location) for name, location in locations.items() if location}
    pretrained = training.init_from
    if pretrained and Path(pretrained).exists():  # else it is the name of a bundled model
        pretrained = str(Path(pretrained).resolve())
    return dataclasses.replace(
        config,
        data=dataclasses.replace(data, **complete),
        training=dataclasses.replace(training, init_from=pretrained),
    )
