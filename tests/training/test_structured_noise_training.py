"""Structured Noise is trained as the backbone's generator is: a game of two networks."""

import copy
import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from sameness import assert_same

from stylemapgan.checkpoints.method_file import read_method
from stylemapgan.config import AdaConfig, RunConfig
from stylemapgan.errors import ConfigError
from stylemapgan.methods.backbone import adversarial
from stylemapgan.methods.registry import open_file
from stylemapgan.methods.runs import resume, start
from stylemapgan.methods.structured_noise.method import StructuredNoise
from stylemapgan.methods.structured_noise.recipe import RECIPE, StructuredState
from stylemapgan.training.context import StepContext
from stylemapgan.training.microbatches import Microbatch, Phase
from stylemapgan.training.plan import count_parameters
from stylemapgan.training.recipe import new_state
from stylemapgan.training.simulation import forward_flops, simulate

CPU = torch.device("cpu")
NETWORKS = ("generator", "discriminator", "generator_ema")
GENERATION, DISCRIMINATION, PENALTY = range(3)


@pytest.fixture
def config(settings) -> RunConfig:
    return dataclasses.replace(settings(images=16, cooldown=8), method="structured-noise")


@pytest.fixture
def state(config) -> StructuredState:
    return new_state(RECIPE, config, CPU)


@pytest.fixture
def batch() -> list[Microbatch]:
    real = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return [Microbatch(real, seed=3, images_seen=8)]


def context(config: RunConfig, precision: Any = "32-true", **changes) -> StepContext:
    training = dataclasses.replace(config.training, **{"augmentations": ()} | changes)
    fabric = Fabric(accelerator="cpu", devices=1, precision=precision)
    return StepContext(fabric, training, None)


def changed(before: StructuredState, after: StructuredState) -> set[str]:
    """Name the networks with a weight that changed; the generator's in its parts."""
    return {
        f"{name}.{key.split('.')[0]}" if name == "generator" else name
        for name in NETWORKS
        for key, value in getattr(after, name).state_dict().items()
        if not torch.equal(value, getattr(before, name).state_dict()[key])
    }


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize(
    ("update", "learners"),
    [
        (GENERATION, {"generator.mapping", "generator.grid", "generator.synthesis"}),
        (DISCRIMINATION, {"discriminator"}),
        (PENALTY, {"discriminator"}),
    ],
)
def test_an_update_changes_only_the_network_it_says(config, batch, update, learners, precision):
    state = new_state(RECIPE, config, CPU)
    before = copy.deepcopy(state)
    RECIPE.updates[update].run(context(config, precision=precision), state, batch, {})
    assert changed(before, state) == learners


def test_the_losses_are_logistic(config, state, batch):
    fresh = copy.deepcopy(state)
    with torch.no_grad():
        generated, faked = (
            adversarial.generate(fresh, batch[0], batch[0].randomness(phase))
            for phase in (Phase.GENERATOR, Phase.DISCRIMINATOR)
        )
        expected = {
            "g/adversarial": F.softplus(-fresh.discriminator(generated)).mean(),
            "d/real": F.softplus(-fresh.discriminator(batch[0].real)).mean(),
            "d/generated": F.softplus(fresh.discriminator(faked)).mean(),
        }
    found = RECIPE.updates[DISCRIMINATION].run(context(config), copy.deepcopy(state), batch, {})
    found |= RECIPE.updates[GENERATION].run(context(config), state, batch, {})
    for name, value in expected.items():
        assert found[name].item() == pytest.approx(value.item(), rel=1e-5), name


def test_each_image_has_codes_and_noise_of_its_own(state, batch):
    randomness = batch[0].randomness(Phase.GENERATOR)
    z = randomness.normal(4, 8 + 1 + 4 + 16 * 64)
    noise = [randomness.normal(4, 1, side, side) for side in (8, 8, 16, 16, 32, 32)]
    with torch.no_grad():
        found = adversarial.generate(state, batch[0], batch[0].randomness(Phase.GENERATOR))
        torch.testing.assert_close(found, state.generator(z, noise))


def test_augmentation_adapts_to_a_discriminator_that_is_sure_of_photos(config, state):
    adaptive = context(config, ada=AdaConfig(target=0.6, images_to_full=100))
    figures = RECIPE.finish(adaptive, state, {"d/sign_real": torch.tensor(1.0)})
    assert "augmentation/p" in figures


def test_a_run_in_two_parts_equals_one_in_a_single_part(config, tmp_path):
    whole = start(config, tmp_path / "whole")
    whole.train()
    part = start(config, tmp_path / "parts")
    part.train(should_stop=lambda: part.state.images_seen >= 8)
    again = resume(tmp_path / "parts")
    assert again.state.images_seen == 8
    again.train()

    assert_same(again.state.state_dict(), whole.state.state_dict())
    first, second = (
        read_method(max(run.folder.snapshots.glob("*.safetensors"))) for run in (whole, again)
    )
    assert dataclasses.replace(first, tensors={}) == dataclasses.replace(second, tensors={})
    assert first.tensors.keys() == second.tensors.keys()
    for name, array in first.tensors.items():
        assert array.tobytes() == second.tensors[name].tobytes(), name
    assert (first.method, first.images_seen, first.licence) == ("structured-noise", 16, "CC0-1.0")


def test_a_run_draws_sheets_and_its_file_opens(config, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    training = dataclasses.replace(config.training, sample_every=8)
    run = start(dataclasses.replace(config, training=training), tmp_path / "run")
    run.train()
    assert len(list(run.folder.samples.iterdir())) == 2
    assert not [each for each in run.folder.journal.entries() if "mse" in str(each)]
    (method,) = open_file(max(run.folder.snapshots.glob("*.safetensors")))
    assert isinstance(method, StructuredNoise)
    assert np.isfinite(method.decode(method.sample(2, 0))).all()


def test_a_model_to_start_from_is_refused(config, tmp_path):
    training = dataclasses.replace(config.training, init_from="faces-64")
    with pytest.raises(ConfigError, match="init_from: structured-noise starts from fresh weights"):
        start(dataclasses.replace(config, training=training), tmp_path / "run")


def test_a_run_can_be_planned(config):
    phases = simulate(RECIPE, config, images=4, passes=1)
    assert [phase.name for phase in phases] == [update.name for update in RECIPE.updates]
    assert all(phase.is_last and phase.flops > 0 for phase in phases)
    flops = forward_flops(RECIPE, config)
    assert set(flops) == {*count_parameters(RECIPE, config), "edit"}
    assert math.isclose(flops["edit"], flops["generator"], rel_tol=0.1)
