"""A small evaluation: a model that knows nothing, a few pictures, networks that see colours."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from stylemapgan.checkpoints.networks import Networks
from stylemapgan.config import preset
from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.editing import Editor
from stylemapgan.evaluation import context as evaluation_context
from stylemapgan.evaluation.cache import FeatureCache
from stylemapgan.evaluation.context import EvaluationContext
from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.judges.features import FeatureNetwork, PictureDistance
from stylemapgan.evaluation.tasks.local_editing import sheets as local_editing_sheets
from stylemapgan.features.perceptual import AbstractPerceptualDistance
from stylemapgan.images import to_bytes
from stylemapgan.methods.registry import open_methods
from stylemapgan.metrics.intervals import Bootstrap
from stylemapgan.models import Encoder, Generator

SIZE = 32
TESTED, TRAINED_ON = 10, 14


class GridDistance(AbstractPerceptualDistance):
    """Mean squared difference of the mean colours of 4x4 cells."""

    def forward(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        difference = F.adaptive_avg_pool2d(one, 4) - F.adaptive_avg_pool2d(other, 4)
        return difference.square().mean(dim=(1, 2, 3))


def grid_features(batches: Iterator[np.ndarray]) -> np.ndarray:
    """Mean colours of 2x2 cells: 12 numbers a picture."""
    found = [batch.reshape(len(batch), 3, 2, SIZE // 2, 2, SIZE // 2) for batch in batches]
    return np.concatenate([cells.mean(axis=(3, 5)).reshape(len(cells), 12) for cells in found])


def draw_pictures(count: int, seed: int) -> np.ndarray:
    """Invent pictures with a few large spots of colour each."""
    spots = np.random.default_rng(seed).uniform(-1, 1, (count, 3, 4, 4)).astype(np.float32)
    large = F.interpolate(torch.from_numpy(spots), size=(SIZE, SIZE), mode="bilinear")
    return large.numpy()


def save_pictures(folder: Path, pictures: np.ndarray) -> None:
    folder.mkdir(parents=True)
    for number, pixels in enumerate(to_bytes(pictures)):
        Image.fromarray(pixels).save(folder / f"{number:02}.png")


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """Tasks report intervals of 100 resamples here; how intervals are made has its own tests."""
    monkeypatch.setattr(evaluation_context, "Bootstrap", partial(Bootstrap, resamples=100))


@pytest.fixture(autouse=True)
def short_sheets(monkeypatch):
    """Sheets of local edits have two rows: drawing them takes ten times as long as measuring."""
    monkeypatch.setattr(local_editing_sheets, "SHOWN", 2)
    monkeypatch.setattr(local_editing_sheets, "WORST", 2)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory) -> Path:
    """A folder with val/ and train/."""
    folder = tmp_path_factory.mktemp("pictures")
    save_pictures(folder / "val", draw_pictures(TESTED, seed=1))
    save_pictures(folder / "train", draw_pictures(TRAINED_ON, seed=2))
    return folder


@pytest.fixture(scope="session")
def tiny_editor() -> Editor:
    torch.manual_seed(0)
    config = preset("tiny-32").model
    return Editor(Networks(generator=Generator(config).eval(), encoder=Encoder(config).eval()))


@pytest.fixture
def context(data_folder, tiny_editor, tmp_path, monkeypatch) -> EvaluationContext:
    """All that tasks need; the networks that judge see nothing but mean colours."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return EvaluationContext(
        methods=open_methods(tiny_editor),
        data=open_test_data(data_folder, SIZE),
        features=FeatureNetwork(
            "mean colours", "Fréchet (colours)", "Kernel (colours)", "colours", grid_features
        ),
        distances=(PictureDistance("Grid distance", "grid", GridDistance()),),
        config=EvaluationConfig(steps=6),
        cache=FeatureCache(tmp_path / "features"),
    )


@pytest.fixture
def rebatched(context, tmp_path) -> Callable[[int], EvaluationContext]:
    """The same with other batches, and nothing remembered."""

    def make(batch: int) -> EvaluationContext:
        return replace(
            context,
            config=replace(context.config, batch=batch),
            cache=FeatureCache(tmp_path / f"features-{batch}"),
        )

    return make
