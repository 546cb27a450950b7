"""A method that needs maps of parts is measured where photos have them."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from toy_faces import write_faces
from toy_portraits import write_portraits

from stylemapgan import images
from stylemapgan.checkpoints.method_file import MethodCheckpoint
from stylemapgan.config import preset
from stylemapgan.config.evaluation import EvaluationConfig
from stylemapgan.config.presets import VECTOR_TINY_32
from stylemapgan.editing import Edit, Part
from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.tasks.portraits.measure import PortraitEditing
from stylemapgan.evaluation.tasks.portraits.portrait_edits import open_portraits
from stylemapgan.evaluation.tasks.swap.measure import Swap
from stylemapgan.evaluation.tasks.task_registry import choose_tasks
from stylemapgan.images import to_bytes
from stylemapgan.images.resizing import enlarge
from stylemapgan.methods.registry import open_methods
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


@pytest.mark.parametrize("task", ["portraits", "true-edits"])
def test_it_is_left_out_where_pictures_have_no_maps(with_maps, task):
    (chosen,) = choose_tasks([task])
    assert chosen.methods_left_out(with_maps) == {"sean": NEEDS_MAPS}


@pytest.fixture
def with_triples(context, tmp_path, sean, tiny_editor):
    """The evaluation of SEAN beside StyleMapGAN on toy faces, whose triples have maps."""
    write_faces(tmp_path / "faces", training=10, tested=4, triples=4)
    methods = (*open_methods(tiny_editor, ["w-plus"]), sean)
    config = EvaluationConfig(edits=4, batch=3)
    data = open_test_data(tmp_path / "faces", 32)
    return dataclasses.replace(context, methods=methods, data=data, config=config)


def read_map(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.array(picture)[None]


def mean_squares(shown: list[tuple[np.ndarray, np.ndarray]]) -> float:
    return float(np.mean([np.square(one - other, dtype=np.float64) for one, other in shown]))


def test_it_swaps_parts_with_the_maps_of_the_triples(with_triples, sean):
    found = {figure.key: figure for figure in Swap().measure(with_triples).figures}
    swapped, reconstructed = [], []
    for triple in with_triples.data.triples:
        source, reference, truth = (
            (
                images.read(triple.folder / f"{name}.png"),
                sean.encode(
                    images.read(triple.folder / f"{name}.png"),
                    read_map(triple.folder / f"{name}-parts.png"),
                ),
            )
            for name in ("source", "reference", "truth")
        )
        mask = images.read_mask(triple.folder / "mask.png", 32)
        edit = Edit(parts=(Part(reference=reference[1], mask=mask),))
        edited = np.clip(sean.decode(sean.edit(source[1], edit)), -1, 1)
        swapped.append((edited, truth[0]))
        reconstructed.append((np.clip(sean.decode(truth[1]), -1, 1), truth[0]))
    assert found["mse (sean)"].estimate.value == pytest.approx(mean_squares(swapped))
    bound = found["mse (sean, reconstructed truth)"]
    assert bound.estimate.value == pytest.approx(mean_squares(reconstructed))


def test_triples_without_maps_are_swapped_by_all_other_methods(with_triples):
    next(with_triples.data.folder.glob("triples/*/reference-parts.png")).unlink()
    assert Swap().methods_left_out(with_triples) == {"sean": NEEDS_MAPS}
    findings = Swap().measure(with_triples)
    methods = {name for figure in findings.figures for name in figure.methods}
    assert methods == {"w-plus"}


@pytest.mark.slow
def test_it_edits_portraits_that_have_maps(context, tmp_path, sean):
    write_portraits(tmp_path / "faces")
    for split in ("val", "train"):
        labels = tmp_path / "faces" / "labels" / split
        labels.mkdir(parents=True)
        for photo in (tmp_path / "faces" / split).glob("*.png"):
            side_by_side = np.repeat([[0, 1]], 64, axis=0).repeat(32, axis=1).astype(np.uint8)
            Image.fromarray(side_by_side).save(labels / photo.name)
    (tmp_path / "faces" / "labels" / "parts.txt").write_text("\n".join(PARTS))
    context = dataclasses.replace(
        context,
        methods=(sean,),
        data=open_test_data(tmp_path / "faces", 32),
        config=EvaluationConfig(edits=6, detector_pictures=64),
    )
    task = PortraitEditing()
    assert task.reason_to_leave_out(context) is None
    figures = {figure.key: figure.estimate.value for figure in task.measure(context).figures}
    errors = []
    portraits = open_portraits(context.data)
    for smile in portraits.smiles(seen=False)[:2]:
        latents = [
            sean.encode(
                portraits.picture(each),
                np.repeat([[0, 1]], 512, 0).repeat(256, 1)[None].astype(np.uint8),
            )
            for each in (smile.source, smile.reference)
        ]
        edit = Edit(parts=(Part(reference=latents[1], mask=smile.mask),))
        edited = enlarge(np.clip(sean.decode(sean.edit(latents[0], edit)), -1, 1), 512)
        inside = smile.mask[0, 0] > 0
        errors.append(np.square(edited - portraits.truth(smile))[0][:, inside].astype(float))
    wanted = np.concatenate(errors, axis=1).mean()
    assert figures["smile-error (mouth, unseen people, sean)"] == pytest.approx(wanted, rel=1e-4)


def test_it_is_left_out_of_everything_where_no_photo_has_a_map(context, sean):
    context.methods = (sean,)
    for task in choose_tasks(["reconstruction", "local-editing", "interpolation", "runtime"]):
        assert task.methods_left_out(context) == {"sean": NEEDS_MAPS}
