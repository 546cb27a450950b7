"""Runs of ALI, BiGAN and ALAE: resumed to the bit, and their files open as methods."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from sameness import assert_same

from stylemapgan.checkpoints.method_file import read_method
from stylemapgan.config import RunConfig
from stylemapgan.errors import CheckpointError, ConfigError
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.alae import ALAE
from stylemapgan.methods.ali import ALI
from stylemapgan.methods.bigan import BiGAN
from stylemapgan.methods.recipes import RECIPES
from stylemapgan.methods.registry import open_file
from stylemapgan.methods.runs import resume, start
from stylemapgan.training.plan import count_parameters
from stylemapgan.training.simulation import forward_flops, simulate

LEARNED = {"ali": ALI, "bigan": BiGAN, "alae": ALAE}


@pytest.fixture(params=LEARNED)
def config(request, settings) -> RunConfig:
    return dataclasses.replace(settings(images=16, cooldown=8), method=request.param)


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
    assert_same(tensors_of(first), tensors_of(second))
    assert first.method == config.method
    assert first.images_seen == 16
    assert first.licence == "CC0-1.0"


def tensors_of(checkpoint) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array) for name, array in checkpoint.tensors.items()}


def test_a_model_file_of_a_run_opens_as_a_method(config, tmp_path, photo_set):
    run = start(
        dataclasses.replace(config, training=dataclasses.replace(config.training, sample_every=8)),
        tmp_path / "run",
    )
    run.train()
    (method,) = open_file(max(run.folder.snapshots.glob("*.safetensors")))
    assert type(method) is LEARNED[config.method]
    assert method.image_size == 32
    photos = photo_set.take(np.arange(3))
    reconstruct = RECIPES[config.method].reconstruct
    assert reconstruct is not None
    with torch.no_grad():
        expected = reconstruct(run.state, torch.from_numpy(photos))
    found = to_numpy(method.decode(method.encode(photos)))
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-4)
    assert to_numpy(method.decode(method.sample(2, 0))).shape == (2, 3, 32, 32)

    validations = [entry for entry in run.folder.journal.entries() if "validation" in entry]
    assert [math.isfinite(entry["validation"]["mse"]) for entry in validations] == [True, True]
    assert len(list(run.folder.samples.iterdir())) == 2


def test_the_journal_has_the_methods_own_rates_and_phases(config, tmp_path):
    run = start(config, tmp_path / "run")
    run.train()
    start_of_run, *_, end = run.folder.journal.entries()
    assert start_of_run["phases"] == {"cooldown": 8}
    expected = {"generator", "encoder", "discriminator"}
    if config.method == "alae":
        expected |= {"encoder_reciprocity", "generator_reciprocity"}  # of the third update
    assert set(end["learning_rates"]) == expected
    assert len(set(end["learning_rates"].values())) == 1
    assert end["learning_rates"]["generator"] != config.training.learning_rate


def test_the_file_of_another_method_is_refused(config, tmp_path):
    run = start(config, tmp_path / "run")
    checkpoint = RECIPES[config.method].pack(run.config, run.state)
    run.close()
    for name, method in LEARNED.items():
        if name != config.method:
            with pytest.raises(CheckpointError, match=f"a model of '{config.method}', expected"):
                method.open(checkpoint)


def test_a_model_to_start_from_is_refused(config, tmp_path):
    training = dataclasses.replace(config.training, init_from="faces-64")
    with pytest.raises(ConfigError, match=f"init_from: {config.method} starts from fresh weights"):
        start(dataclasses.replace(config, training=training), tmp_path / "run")
    assert not (tmp_path / "run" / "config.toml").exists()


def test_a_run_can_be_planned(config):
    recipe = RECIPES[config.method]
    phases = simulate(recipe, config, images=4, passes=1)
    assert [phase.name for phase in phases] == [update.name for update in recipe.updates]
    assert all(phase.is_last and phase.flops > 0 for phase in phases)
    shares = {phase.name: phase.share for phase in phases if phase.share != 1}
    assert shares == ({} if config.method == "alae" else {"gradient penalty": 1 / 2})
    flops = forward_flops(recipe, config)
    assert set(flops) == {*count_parameters(recipe, config), "edit"}
    assert flops["edit"] == pytest.approx(flops["generator"] + flops["encoder"], rel=0.02)
