"""A small collection of photos, and a model that encodes them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan.config.engine import EngineConfig
from stylemapgan.editing.chosen_model import ChosenModel


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    """Ten pictures in two folders, and one file that is none."""
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    for number in range(10):
        path = folder / ("a" if number < 5 else "b") / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(random.integers(0, 256, (40, 50, 3), np.uint8)).save(path)
    (folder / "b" / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def model(exported_tiny) -> ChosenModel:
    return ChosenModel(name=str(exported_tiny / "networks"), engine_config=EngineConfig())
