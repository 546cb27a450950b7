"""Methods on a model with random weights, and pictures to edit."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.checkpoints.networks import Networks
from stylemapgan.config import preset
from stylemapgan.config.plain_values import to_dict
from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.editing import Editor
from stylemapgan.methods.abstract import AbstractMethod
from stylemapgan.methods.alae import ALAE
from stylemapgan.methods.ali import ALI
from stylemapgan.methods.backbone import VectorEncoder, VectorGenerator
from stylemapgan.methods.backbone.opening import Backbone
from stylemapgan.methods.backbone.result_cache import ResultCache
from stylemapgan.methods.bigan import BiGAN
from stylemapgan.methods.editing_in_style import EditingInStyle
from stylemapgan.methods.image2stylegan import Image2StyleGAN, Image2StyleGANSettings
from stylemapgan.methods.in_domain import InDomain, InDomainSettings
from stylemapgan.methods.neural_collage import NeuralCollage, NeuralCollageSettings
from stylemapgan.methods.pix2latent import Pix2Latent, Pix2LatentSettings
from stylemapgan.methods.recipes import RECIPES
from stylemapgan.methods.registry import METHODS
from stylemapgan.methods.sean.method import SEAN
from stylemapgan.methods.structured_noise.method import (
    StructuredNetworks,
    StructuredNoise,
    StructuredNoiseSettings,
)
from stylemapgan.methods.structured_noise.networks import StructuredGenerator, grid_shapes
from stylemapgan.models import Discriminator, Encoder, Generator
from stylemapgan.training.recipe import new_state

SIZE = 32


@pytest.fixture(scope="session")
def editor() -> Editor:
    torch.manual_seed(0)
    config = preset("tiny-32").model
    return Editor(Networks(generator=Generator(config).eval(), encoder=Encoder(config).eval()))


LEARNED = {"ali": ALI, "bigan": BiGAN, "alae": ALAE, "sean": SEAN}
PARTS = ("dark", "grey", "bright")
"""What methods that need label maps tell apart."""
QUICK = {
    Image2StyleGAN: Image2StyleGANSettings(steps=4, learning_rate=0.01),
    InDomain: InDomainSettings(steps=2),
    NeuralCollage: NeuralCollageSettings(steps=2),
    Pix2Latent: Pix2LatentSettings(rounds=1, population=3, steps=1, final_steps=1),
    StructuredNoise: StructuredNoiseSettings(steps=1),
}
"""Optimisers, and settings for few steps."""


@pytest.fixture(scope="session")
def backbone() -> Backbone:
    """In float64, since the steps of Adam multiply what rounding changes."""
    torch.manual_seed(1)
    config = VECTOR_TINY_32
    generator = VectorGenerator(config).double()
    generator.synthesis.to_rgb.weight.data *= 0.1  # pictures about as bright as photos
    return Backbone(
        generator=generator,
        encoder=VectorEncoder(config).double(),
        discriminator=Discriminator(config).double(),
    )


@pytest.fixture(scope="session")
def structured() -> StructuredNetworks:
    """In float64 too, with biases as if it was trained."""
    torch.manual_seed(1)
    generator = StructuredGenerator(grid_shapes(VECTOR_TINY_32)).double()
    torch.nn.init.normal_(generator.synthesis.constant)
    generator.synthesis.to_rgb.weight.data *= 0.1
    return StructuredNetworks(generator=generator)


@pytest.fixture(scope="session")
def backbone_checkpoint(backbone) -> MethodCheckpoint:
    """The model file of the backbone."""
    networks = {
        "generator": backbone.generator,
        "encoder": backbone.encoder,
        "discriminator": backbone.discriminator,
    }
    tensors = {
        f"{part}.{name}": tensor.numpy()
        for part, network in networks.items()
        for name, tensor in network.state_dict().items()
    }
    return MethodCheckpoint(method="backbone", config=to_dict(VECTOR_TINY_32), tensors=tensors)


@pytest.fixture(scope="session")
def optimiser(backbone, structured) -> Callable[[Any, Path | None], AbstractMethod]:
    """Opens a method of `QUICK` that keeps results in a folder, or nowhere."""

    def open_quick(kind: Any, folder: Path | None) -> AbstractMethod:
        networks = structured if kind is StructuredNoise else backbone
        return kind(networks, QUICK[kind], ResultCache("", folder))

    return open_quick


@pytest.fixture(
    scope="session",
    params=[*sorted(METHODS), *LEARNED, *QUICK, EditingInStyle],
    ids=lambda kind: getattr(kind, "name", kind),
)
def method(request, editor, backbone_checkpoint, optimiser, tmp_path_factory) -> AbstractMethod:
    """Every method in turn; optimisers compute each result once."""
    if request.param in METHODS:
        return METHODS[request.param].open(editor)
    if request.param in LEARNED:
        return open_untrained(request.param)
    if request.param is EditingInStyle:
        return EditingInStyle.open(backbone_checkpoint)
    return optimiser(request.param, tmp_path_factory.mktemp(request.param.name))


@pytest.fixture
def computing(method, optimiser) -> AbstractMethod:
    """The same method, computing every result when it is asked for."""
    return optimiser(type(method), None) if type(method) in QUICK else method


def open_untrained(name: str) -> AbstractMethod:
    """Open a method that trains networks of its own, with random weights."""
    torch.manual_seed(1)
    vector = dataclasses.replace(VECTOR_TINY_32, parts=PARTS)
    config = dataclasses.replace(preset("tiny-32"), method=name, vector=vector)
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
