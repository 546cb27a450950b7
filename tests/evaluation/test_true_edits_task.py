"""Edits whose true result is a photograph: what is given, and what is measured."""

from dataclasses import replace

import numpy as np
import pytest
from pixel_editor import PixelEditor
from toy_portraits import PEOPLE, write_portraits

from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.tasks.portraits.portrait_edits import open_portraits
from stylemapgan.evaluation.tasks.true_edits.measure import TrueEdits
from stylemapgan.evaluation.tasks.true_edits.true_edits import KINDS, true_edits
from stylemapgan.methods.registry import open_methods


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("true-edits")
    write_portraits(folder)
    return folder


@pytest.fixture
def true_context(context, folder):
    methods = open_methods(PixelEditor(), ["copy-pixels", "do-nothing", "w"])
    config = replace(context.config, edits=6)
    return replace(context, methods=methods, config=config, data=open_test_data(folder, 32))


@pytest.fixture(scope="module")
def edits(folder):
    return list(true_edits(open_portraits(open_test_data(folder, 32), 32), 32))


def test_only_unseen_people_are_edited(edits):
    people = {edit.name[:3] for edit in edits}
    assert people == set(PEOPLE["val"])
    counts = [sum(edit.kind == kind for edit in edits) for kind in KINDS]
    assert counts == [2, 4, 2]


def test_outside_the_mask_the_truth_is_the_source(edits):
    for edit in edits:
        outside = np.broadcast_to(edit.given.mask == 0, edit.truth.shape)
        np.testing.assert_array_equal(edit.truth[outside], edit.given.source[outside])
        assert 0 < edit.given.mask.mean() < 1


def test_a_part_of_the_portrait_itself_changes_nothing(edits):
    for edit in edits:
        if edit.kind == "own part":
            np.testing.assert_array_equal(edit.truth, edit.given.source)
            np.testing.assert_array_equal(edit.truth, edit.given.reference)


def test_a_composite_shows_another_face_and_its_truth_is_the_photograph(edits):
    for edit in edits:
        if edit.kind == "composite":
            np.testing.assert_array_equal(edit.truth, edit.given.reference)
            middle = np.s_[..., 18, 16]  # the nose
            assert np.abs(edit.given.source - edit.truth)[middle].max() > 0.05


def test_copying_is_exact_where_both_photos_are_aligned(true_context):
    figures = {each.key: each.estimate.value for each in TrueEdits().measure(true_context).figures}
    for kind in ("own part", "composite"):
        for method in ("copy pixels", "w"):
            assert figures[f"error-inside ({kind}, {method})"] == pytest.approx(0, abs=1e-9)
            assert figures[f"seam ({kind}, {method})"] == pytest.approx(1)
    assert figures["error-inside (composite, do nothing)"] > 0.001
    assert figures["error-inside (smile, copy pixels)"] > 0.001  # the reference is not moved


def test_errors_are_those_of_a_naive_loop(true_context, edits):
    figures = {each.key: each.estimate.value for each in TrueEdits().measure(true_context).figures}
    for kind in KINDS:
        squares, pixels = 0.0, 0
        for edit in edits:
            if edit.kind == kind:
                for row, column in np.argwhere(edit.given.mask[0, 0] == 1):
                    ours, true = (
                        each[0, :, row, column].astype(np.float64)
                        for each in (edit.given.source, edit.truth)
                    )
                    squares += float(np.square(ours - true).sum())
                    pixels += 3
        found = figures[f"error-inside ({kind}, do nothing)"]
        assert found == pytest.approx(squares / pixels, abs=1e-9)
        assert figures[f"error-outside ({kind}, do nothing)"] == pytest.approx(0, abs=1e-9)


def test_the_sheet_shows_edits_of_each_kind(true_context):
    (sheet,) = TrueEdits().measure(true_context).sheets
    assert sheet.name == "edits"


def test_data_without_landmarks_or_with_one_person_are_refused_with_the_reason(
    context, true_context, tmp_path
):
    task = TrueEdits()
    assert "landmarks.npz" in (task.obstacle(context) or "")
    assert task.obstacle(true_context) is None
    write_portraits(tmp_path / "one")
    for path in (tmp_path / "one" / "val").glob("002_*"):
        path.unlink()
    alone = replace(true_context, data=open_test_data(tmp_path / "one", 32))
    assert "at least 2 people" in (task.obstacle(alone) or "")
