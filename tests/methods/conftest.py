"""Methods on a model with random weights, and pictures to edit."""

import dataclasses

import numpy as np
import pytest
import torch

from stylemapgan.checkpoints.networks import Networks
from stylemapgan.config import preset
from stylemapgan.editing import Editor
from stylemapgan.methods.abstract import AbstractMethod
from stylemapgan.methods.alae import ALAE
from stylemapgan.methods.ali import ALI
from stylemapgan.methods.bigan import BiGAN
from stylemapgan.methods.recipes import RECIPES
from stylemapgan.methods.registry import METHODS
from stylemapgan.models import Encoder, Generator
from stylemapgan.training.recipe import new_state

SIZE = 32


@pytest.fixture(scope="session")
def editor() -> Editor:
    torch.manual_seed(0)
    config = preset("tiny-32").model
    return Editor(Networks(generator=Generator(config).eval(), encoder=Encoder(config).eval()))


LEARNED = {"ali": ALI, "bigan": BiGAN, "alae": ALAE}


@pytest.fixture(params=[*sorted(METHODS), *LEARNED])
def method(request, editor) -> AbstractMethod:
    """Every registered method in turn."""
    if request.param in LEARNED:
        return open_untrained(request.param)
    return METHODS[request.param].open(editor)


def open_untrained(name: str) -> AbstractMethod:
    """Open a learned inverter with random weights."""
    torch.manual_seed(1)
    config = dataclasses.replace(preset("tiny-32"), method=name)
    recipe = RECIPES[name]
    return LEARNED[name].open(recipe.pack(config, new_state(recipe, config, torch.device("cpu"))))


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
