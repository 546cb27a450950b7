"""The backbone learns to generate first; then its encoder learns, and the generator stays."""

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from PIL import Image

from stylemapgan.augment import ADJUST_EVERY
from stylemapgan.checkpoints.method_file import read_method
from stylemapgan.config import AdaConfig, DataConfig, RunConfig, VectorConfig, from_dict, preset
from stylemapgan.methods.backbone import adversarial, recipe
from stylemapgan.methods.backbone.recipe import BACKBONE, encoder_from
from stylemapgan.methods.backbone.state import BackboneState
from stylemapgan.methods.runs import resume, start
from stylemapgan.training.context import StepContext
from stylemapgan.training.microbatches import Microbatch, Phase
from stylemapgan.training.recipe import new_state

CPU = torch.device("cpu")
NETWORKS = ("generator", "encoder", "discriminator", "generator_ema", "encoder_ema")
Step = Callable[..., dict[str, torch.Tensor]]


def short(photos: Path | None = None, **changes: Any) -> RunConfig:
    """A run of six batches, the last two of which train the encoder."""
    usual = preset("vector-tiny-32")
    training = dataclasses.replace(
        usual.training,
        **{"images": 24, "batch": 4, "r1_interval": 2, "snapshot_every": 8} | changes,
    )
    data = DataConfig(photos=str(photos or ""))
    return dataclasses.replace(usual, training=training, data=data)


@pytest.fixture
def context() -> StepContext:
    return StepContext(Fabric(accelerator="cpu", devices=1), short().training, None)


@pytest.fixture
def batch() -> list[Microbatch]:
    return [Microbatch(torch.rand(4, 3, 32, 32) * 2 - 1, seed=3, images_seen=8)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Six pictures of one colour each."""
    folder = tmp_path_factory.mktemp("photos")
    for number, colour in enumerate(np.random.default_rng(0).integers(0, 256, (6, 3))):
        Image.new("RGB", (32, 32), tuple(map(int, colour))).save(folder / f"{number}.png")
    return folder


def changed(before: BackboneState, after: BackboneState) -> set[str]:
    """Name the networks with a weight that changed."""
    return {
        name
        for name in NETWORKS
        for key, value in getattr(after, name).state_dict().items()
        if not torch.equal(value, getattr(before, name).state_dict()[key])
    }


@pytest.mark.parametrize(
    ("step", "learner"),
    [
        (recipe.generator_step, "generator"),
        (recipe.discriminator_step, "discriminator"),
        (recipe.penalty_step, "discriminator"),
        (recipe.encoder_step, "encoder"),
    ],
)
def test_a_step_changes_only_the_network_it_says(context, batch, step: Step, learner):
    state = new_state(BACKBONE, short(), CPU)
    before = copy.deepcopy(state)
    step(context, state, batch, {})
    assert changed(before, state) == {learner}


def test_the_last_third_trains_the_encoder_and_the_generator_rests():
    training = short().training
    assert encoder_from(training) == 16
    names = {
        seen: [each.name for each in BACKBONE.updates if each.is_due(training, seen, 1)]
        for seen in (0, 12, 16, 20)
    }
    both = ["generator's update", "discriminator's update"]
    later = ["discriminator's update", "encoder's update"]
    assert names == {0: both, 12: both, 16: later, 20: later}


def test_the_generators_loss_is_that_of_the_paper(context, batch):
    state = new_state(BACKBONE, short(), CPU)
    randomness = batch[0].randomness(Phase.GENERATOR)
    with torch.no_grad():
        images = adversarial.generate(copy.deepcopy(state), batch[0], randomness)
        expected = F.softplus(-state.discriminator(images)).mean()
    losses = recipe.generator_step(context, state, batch, {})
    assert losses["g/adversarial"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_encoders_loss_is_that_of_the_paper(context, batch):
    state = new_state(BACKBONE, short(), CPU)
    randomness = batch[0].randomness(Phase.RECONSTRUCTION)
    noise = recipe.draw_noise(state.generator, randomness, batch[0].real)
    with torch.no_grad():
        images = state.generator_ema.synthesize(state.encoder(batch[0].real), noise)
        squared = ((images - batch[0].real).double() ** 2).mean()
        guided = F.softplus(-state.discriminator(images)).mean()
    losses = recipe.encoder_step(context, state, batch, {})
    assert losses["e/reconstruction"].item() == pytest.approx(squared.item(), rel=1e-5)
    assert losses["e/domain_guided"].item() == pytest.approx(guided.item(), rel=1e-5)


def test_augmentation_adapts_to_a_discriminator_that_is_sure_of_photos():
    training = short(ada=AdaConfig(target=0.6, images_to_full=100)).training
    adaptive = StepContext(Fabric(accelerator="cpu", devices=1), training, None)
    state = new_state(BACKBONE, short(), CPU)
    figures: dict[str, torch.Tensor] = {}
    for state.updates in range(ADJUST_EVERY):
        figures = BACKBONE.finish(adaptive, state, {"d/sign_real": torch.tensor(1.0)})
    assert figures["augmentation/p"].item() == pytest.approx(state.ada.p)
    assert state.ada.p > 0


def test_a_run_in_two_parts_equals_one_in_a_single_part(folder, tmp_path):
    whole = start(short(folder), tmp_path / "whole")
    whole.train()
    parts = start(short(folder), tmp_path / "parts")
    parts.train(lambda: parts.state.images_seen >= 12)
    again = resume(tmp_path / "parts")
    again.train()
    assert again.state.images_seen == 24
    for name in NETWORKS:
        expected = getattr(whole.state, name).state_dict()
        for key, value in getattr(again.state, name).state_dict().items():
            assert torch.equal(value, expected[key]), f"{name}.{key}"


def test_a_runs_file_says_whose_model_it_is_and_holds_all_three_networks(folder, tmp_path):
    run = start(short(folder, images=4), tmp_path / "run")
    run.train()
    (path,) = (tmp_path / "run" / "snapshots").iterdir()
    checkpoint = read_method(path)
    assert checkpoint.method == "backbone"
    assert from_dict(VectorConfig, dict(checkpoint.config)) == preset("vector-tiny-32").vector
    assert {name.split(".")[0] for name in checkpoint.tensors} == set(NETWORKS[:3])
    for key, value in run.state.generator_ema.state_dict().items():
        assert np.array_equal(checkpoint.tensors[f"generator.{key}"], value.numpy())
