"""Runs on photos with maps of parts: resumed to the bit, and refused where maps are missing."""

import dataclasses
import math
import shutil

import numpy as np
import pytest
import torch
from labelled_photos import PARTS, write_labelled_photos
from sameness import assert_same

from stylemapgan.config import DataConfig, PhotoAugmentationConfig, RunConfig
from stylemapgan.data import open_photos
from stylemapgan.data.label_maps import open_label_maps
from stylemapgan.errors import ConfigError, DataError
from stylemapgan.images.levels import to_numpy
from stylemapgan.methods.recipes import RECIPES
from stylemapgan.methods.registry import open_file
from stylemapgan.methods.runs import resume, start
from stylemapgan.methods.sean.method import SEAN
from stylemapgan.training.microbatches import PhotoFeed
from stylemapgan.training.plan import count_parameters
from stylemapgan.training.simulation import forward_flops, simulate
from stylemapgan.types import WHOLE

RECIPE = RECIPES["sean"]


@pytest.fixture
def folder(tmp_path):
    write_labelled_photos(tmp_path / "data", ("train", "val"))
    return tmp_path / "data"


@pytest.fixture
def config(settings, folder) -> RunConfig:
    data = DataConfig(photos=str(folder / "train"), validation=str(folder / "val"))
    return dataclasses.replace(settings(images=16, cooldown=8), method="sean", data=data)


def changed(config: RunConfig, **training) -> RunConfig:
    return dataclasses.replace(config, training=dataclasses.replace(config.training, **training))


def test_a_run_in_two_parts_equals_one_in_a_single_part(config, tmp_path):
    whole = start(config, tmp_path / "whole")
    whole.train()
    part = start(config, tmp_path / "parts")
    part.train(should_stop=lambda: part.state.images_seen >= 8)
    again = resume(tmp_path / "parts")
    assert again.state.images_seen == 8
    again.train()
    assert_same(again.state.state_dict(), whole.state.state_dict())
    assert again.config == whole.config
    assert again.config.vector.parts == PARTS


def test_a_model_file_of_a_run_opens_as_a_method(config, tmp_path, folder):
    run = start(changed(config, sample_every=8), tmp_path / "run")
    run.train()
    (method,) = open_file(max(run.folder.snapshots.glob("*.safetensors")))
    assert type(method) is SEAN
    assert method.image_size == 32
    photos = open_photos(folder / "val", 32)
    maps = open_label_maps(folder / "val", photos).maps[:3]
    real = photos.take(np.arange(3))
    assert RECIPE.reconstruct is not None
    with torch.no_grad():
        expected = RECIPE.reconstruct(run.state, torch.from_numpy(real), torch.from_numpy(maps))
    found = to_numpy(method.decode(method.encode(real, maps)))
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-4)

    validations = [entry for entry in run.folder.journal.entries() if "validation" in entry]
    assert [math.isfinite(entry["validation"]["mse"]) for entry in validations] == [True, True]
    assert len(list(run.folder.samples.iterdir())) == 2


def test_training_photos_with_their_maps_are_validated_on_without_others(config, tmp_path):
    alone = dataclasses.replace(config, data=dataclasses.replace(config.data, validation=""))
    run = start(alone, tmp_path / "run")
    assert run.validation_maps is run.label_maps
    run.close()


def test_maps_flip_along_with_photos(config, folder):
    photos = open_photos(folder / "train", 32)
    maps = open_label_maps(folder / "train", photos)
    flipping = dataclasses.replace(config.training, batch=8, horizontal_flips=True)
    flipped = 0
    with PhotoFeed(photos, flipping, WHOLE, torch.device("cpu"), maps) as feed:
        for images_seen in (0, 8, 16):
            real, taken = feed.take(images_seen), feed.take_label_maps(images_seen)
            assert taken is not None
            assert torch.equal(real.mean(dim=1) > -0.1, taken.bool())  # discs are bright
            flipped += int((taken[:, :, 16:].sum(dim=(1, 2)) > 0).sum())
    assert 0 < flipped < 24


def test_a_batch_without_maps_has_none(folder, config):
    photos = open_photos(folder / "train", 32)
    with PhotoFeed(photos, config.training, WHOLE, torch.device("cpu")) as feed:
        assert feed.take_label_maps(0) is None


def test_a_run_is_refused_where_a_map_is_missing(config, tmp_path, folder):
    (folder / "labels" / "val" / "03.png").unlink()
    with pytest.raises(DataError, match=r"no map of parts at .*val/03\.png"):
        start(config, tmp_path / "run")
    assert not (tmp_path / "run" / "config.toml").exists()
    shutil.rmtree(folder / "labels")
    with pytest.raises(DataError, match="each photo needs a map of parts in"):
        start(config, tmp_path / "run")


def test_a_run_is_refused_where_parts_have_other_names(config, tmp_path):
    vector = dataclasses.replace(config.vector, parts=("wall", "window"))
    with pytest.raises(ConfigError, match=r"names wall, window, but the maps .* wall, disc"):
        start(dataclasses.replace(config, vector=vector), tmp_path / "run")


def test_validation_photos_need_the_same_parts(config, tmp_path):
    write_labelled_photos(tmp_path / "other", ("val",))
    (tmp_path / "other" / "labels" / "parts.txt").write_text("wall\nball\n")
    data = dataclasses.replace(config.data, validation=str(tmp_path / "other" / "val"))
    with pytest.raises(ConfigError, match=r"have the parts wall, ball, .*: both need the same"):
        start(dataclasses.replace(config, data=data), tmp_path / "run")


def test_what_maps_cannot_follow_is_refused(config, tmp_path):
    turned = changed(config, photo_augmentation=PhotoAugmentationConfig(rotation=10.0))
    with pytest.raises(ConfigError, match="which photo_augmentation does not change"):
        start(turned, tmp_path / "run")
    stream = dataclasses.replace(config, data=dataclasses.replace(config.data, stream=True))
    with pytest.raises(ConfigError, match="which shards do not have"):
        start(stream, tmp_path / "run")
    with pytest.raises(ConfigError, match="init_from: sean starts from fresh weights only"):
        start(changed(config, init_from="faces-64"), tmp_path / "run")


def test_a_run_can_be_planned(config):
    vector = dataclasses.replace(config.vector, parts=PARTS)
    config = dataclasses.replace(config, vector=vector)
    phases = simulate(RECIPE, config, images=4, passes=1)
    assert [phase.name for phase in phases] == [update.name for update in RECIPE.updates]
    assert all(phase.is_last and phase.share == 1 and phase.flops > 0 for phase in phases)
    flops = forward_flops(RECIPE, config)
    assert set(flops) == {*count_parameters(RECIPE, config), "edit"}
    assert flops["edit"] == pytest.approx(flops["generator"] + flops["encoder"], rel=0.02)
