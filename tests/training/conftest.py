"""Photos, a cache of its own, and settings for runs of a few updates."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stylemapgan.config import DataConfig, RunConfig, preset
from stylemapgan.data import PhotoSet, open_folder

Settings = Callable[..., RunConfig]


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def photos(tmp_path_factory) -> Path:
    """A folder of 12 discs in two colours each."""
    folder = tmp_path_factory.mktemp("photos")
    randomness = np.random.default_rng(0)
    y, x = np.mgrid[:32, :32]
    for index in range(12):
        centre_y, centre_x = randomness.uniform(8, 24, size=2)
        disc = (y - centre_y) ** 2 + (x - centre_x) ** 2 < 60
        inside, outside = randomness.integers(0, 256, size=(2, 3))
        pixels = np.where(disc[..., None], inside, outside).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"disc-{index:02}.png")
    return folder


@pytest.fixture
def photo_set(photos) -> PhotoSet:
    return open_folder(photos, 32)


@pytest.fixture
def settings(photos) -> Settings:
    """Settings of a short run in which everything happens that can happen in a long one."""

    def build(**changes: Any) -> RunConfig:
        usual: dict[str, Any] = {
            "images": 24,
            "batch": 4,
            "adversarial_from": 4,
            "mapping_head_start": True,
            "cooldown": 12,
            "r1_interval": 2,
            "ema_half_life": 20.0,
            "augmentations": ("colour", "translation", "cutout"),
            "perceptual_network": "none",
            "snapshot_every": 8,
            "sample_every": 1_000,
        }
        training = dataclasses.replace(preset("tiny-32").training, **(usual | changes))
        data = DataConfig(photos=str(photos), licence="CC0-1.0", statement="Drawn discs")
        return dataclasses.replace(preset("tiny-32"), training=training, data=data)

    return build
