"""Methods on a model with random weights, and pictures to edit."""

import numpy as np
import pytest
import torch

from stylemapgan.checkpoints.networks import Networks
from stylemapgan.config import preset
from stylemapgan.editing import Editor
from stylemapgan.methods.abstract import AbstractMethod
from stylemapgan.methods.registry import METHODS
from stylemapgan.models import Encoder, Generator

SIZE = 32


@pytest.fixture(scope="session")
def editor() -> Editor:
    torch.manual_seed(0)
    config = preset("tiny-32").model
    return Editor(Networks(generator=Generator(config).eval(), encoder=Encoder(config).eval()))


@pytest.fixture(params=sorted(METHODS))
def method(request, editor) -> AbstractMethod:
    """Every registered method in turn."""
    return METHODS[request.param].open(editor)


@pytest.fixture(scope="session")
def photos() -> np.ndarray:
    """Five smooth pictures."""
    coarse = np.random.default_rng(0).uniform(-1, 1, (5, 3, 4, 4)).astype(np.float32)
    fine = torch.nn.functional.interpolate(torch.from_numpy(coarse), size=SIZE, mode="bilinear")
    return fine.numpy()


@pytest.fixture
def mask() -> np.ndarray:
    """A square in the upper left of the picture, on whole cells of the stylemap."""
    values = np.zeros((1, 1, SIZE, SIZE), np.float32)
    values[..., 8:16, 8:16] = 1
    return values
