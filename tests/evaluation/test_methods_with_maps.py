"""A method that needs maps of parts is measured where photos have them."""

import dataclasses
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import preset
from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.tasks.task_registry import choose_tasks
from stylemapgan.images import to_bytes
from stylemapgan.methods.sean.method import SEAN
from stylemapgan.methods.sean.recipe import RECIPE
from stylemapgan.training.recipe import new_state

PARTS = ("dark", "bright")
NEEDS_MAPS = "needs a map of parts for each photo, which this data lacks"


@pytest.fixture(scope="module")
def sean() -> SEAN:
    torch.manual_seed(0)
    vector = dataclasses.replace(VECTOR_TINY_32, parts=PARTS)
    config = dataclasses.replace(preset("tiny-32"), method="sean", vector=vector)
    checkpoint = RECIPE.pack(config, new_state(RECIPE, config, torch.device("cpu")))
    assert isinstance(checkpoint, MethodCheckpoint)
    return SEAN.open(checkpoint)


@pytest.fixture
def with_maps(context, data_folder, tmp_path, sean):
    """The evaluation of SEAN alone; maps tell bright from dark."""
    folder = tmp_path / "mapped"
    shutil.copytree(data_folder, folder)
    labels = folder / "labels" / "val"
    labels.mkdir(parents=True)
    (folder / "labels" / "parts.txt").write_text("\n".join(PARTS))
    data = open_test_data(folder, 32)
    for name, pixels in zip(data.names, to_bytes(data.images(slice(None))), strict=True):
        Image.fromarray((pixels.mean(axis=-1) > 127).astype(np.uint8)).save(labels / name)
    config = EvaluationConfig(steps=4, edits=4, runs=3, batch=4)
    return dataclasses.replace(context, methods=(sean,), data=data, config=config)


@pytest.mark.parametrize("task", ["reconstruction", "local-editing", "interpolation", "runtime"])
def test_it_is_measured_on_test_photos(with_maps, task):
    (chosen,) = choose_tasks([task])
    assert chosen.reason_to_leave_out(with_maps) is None
    figures = chosen.measure(with_maps).figures
    assert figures
    assert all(np.isfinite(figure.estimate.value) for figure in figures)


def test_parts_are_exchanged_between_label_maps(with_maps):
    (task,) = choose_tasks(["local-editing"])
    variants = {figure.variant for figure in task.measure(with_maps).figures}
    assert {"halves, sean", "parts, sean"} <= variants


@pytest.mark.parametrize("task", ["swap", "portraits"])
def test_it_is_left_out_where_pictures_have_no_maps(with_maps, task):
    (chosen,) = choose_tasks([task])
    assert chosen.methods_left_out(with_maps) == {"sean": NEEDS_MAPS}


def test_it_is_left_out_of_everything_where_no_photo_has_a_map(context, sean):
    context.methods = (sean,)
    for task in choose_tasks(["reconstruction", "local-editing", "interpolation", "runtime"]):
        assert task.methods_left_out(context) == {"sean": NEEDS_MAPS}
