"""Portraits are edited at their own resolution, and a smile is compared with the true one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from toy_portraits import MOVED, PEOPLE, face, write_portraits

from stylemapgan.errors import DataError
from stylemapgan.evaluation.data import open_test_data
from stylemapgan.evaluation.tasks.portraits import landmarks as parts
from stylemapgan.evaluation.tasks.portraits.measure import CROP, PortraitEditing, border_corner
from stylemapgan.evaluation.tasks.portraits.portrait_edits import carry_out, open_portraits
from stylemapgan.evaluation.tasks.portraits.sheets import drawn_exchanges
from stylemapgan.methods.registry import open_methods


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("portraits")
    write_portraits(folder)
    return folder


@pytest.fixture
def portrait_context(context, folder, tiny_editor):
    methods = open_methods(tiny_editor, ["copy-pixels", "do-nothing"])
    config = replace(context.config, edits=6, detector_pictures=64)
    return replace(context, methods=methods, config=config, data=open_test_data(folder, 32))


@pytest.fixture
def portraits(portrait_context):
    return open_portraits(portrait_context.data)


def test_a_hull_covers_its_landmarks_and_ends_at_its_margin():
    points = face()
    mask = parts.hull(points, parts.LIPS, 10.0)
    columns, rows = np.meshgrid(np.arange(512), np.arange(512))
    distance = np.hypot((columns - 256) / 50, (rows - 370) / 20)  # below 1 inside the ellipse
    assert mask[distance < 0.95].all()
    across = np.flatnonzero(mask[370])
    assert abs(across[0] - (256 - 60)) <= 2
    assert abs(across[-1] - (256 + 60)) <= 2


def test_parts_lie_where_they_belong():
    masks = {name: part(face()) for name, part in parts.PARTS.items()}
    assert not (masks["hair"] & masks["mouth"]).any()
    assert not (masks["eyes"] & masks["mouth"]).any()
    assert masks["inner face"][masks["mouth"]].mean() > 0.99
    assert masks["half"].mean() == 0.5
    assert masks["hair"][0].all()
    assert not masks["hair"][300:].any()


def test_a_similarity_is_found_again():
    points = np.random.default_rng(0).uniform(0, 512, (10, 2))
    turn = np.deg2rad(7)
    matrix = 1.1 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    found = parts.similarity(points, points @ matrix.T + [3, -5])
    np.testing.assert_allclose(found, np.c_[matrix, [3, -5]], atol=1e-9)


def test_the_true_smile_lies_where_the_neutral_face_does(portraits):
    smile = portraits.smiles(seen=False)[0]
    neutral, truth = portraits.picture(smile.source), portraits.truth(smile)
    reference = portraits.picture(smile.reference)
    middle = np.s_[..., 20:-20, 20:-20]
    assert np.abs(truth - neutral)[middle].max() <= 1.01 / 127.5  # one level
    assert np.abs(reference - neutral)[middle].max() > 0.1
    assert MOVED != (0, 0)


def test_people_take_from_others_of_their_fold_once_each(portraits):
    folds = [0, 1, 0, 1, 0, 1]
    swaps = portraits.swaps(folds, seed=3)
    fold_of = dict(zip((each.person for each in portraits.people), folds, strict=True))
    assert [swap.source.person for swap in swaps] == [each.person for each in portraits.people]
    assert len({swap.reference.person for swap in swaps}) == 6
    for swap in swaps:
        assert swap.source.person != swap.reference.person
        assert fold_of[swap.source.person] == fold_of[swap.reference.person]
    assert swaps != portraits.swaps(folds, seed=4)


def test_sheets_show_unseen_people_only(portraits):
    drawn = drawn_exchanges(portraits, seed=0)
    assert [each.part for each in drawn] == list(parts.PARTS)
    people = {each.person for one in drawn for each in (one.source, one.reference)}
    assert people == set(PEOPLE["val"])


def test_what_a_detector_sees_holds_a_border_of_the_mask(portraits):
    for row, swap in enumerate(portraits.swaps([0] * 6, seed=0)):
        top, left = border_corner(swap.mask, np.random.default_rng(row))
        seen = swap.mask[0, 0, top : top + CROP, left : left + CROP]
        assert seen.shape == (CROP, CROP)
        assert 0 < seen.mean() < 1


def test_smiles_and_exchanges_have_figures_of_every_method(portrait_context, portraits):
    findings = PortraitEditing().measure(portrait_context)
    found = {figure.key: figure.estimate.value for figure in findings.figures}
    copy = portrait_context.methods[0]
    errors = []
    for smile in portraits.smiles(seen=False)[:2]:
        pair = portraits.picture(smile.source), portraits.picture(smile.reference)
        inside = smile.mask[0, 0] > 0
        edited = carry_out(portrait_context, copy, portraits, smile)
        np.testing.assert_array_equal(edited[0][:, inside], pair[1][0][:, inside])
        errors.append(np.square(pair[1] - portraits.truth(smile))[0][:, inside].astype(float))
    wanted = np.concatenate(errors, axis=1).mean()
    assert found["smile-error (mouth, unseen people, copy pixels)"] == pytest.approx(wanted)
    assert found["sharpness (exchanged parts, copy pixels)"] == pytest.approx(1)
    assert 0 < found["average-precision (exchanged parts, copy pixels)"] <= 1
    assert (
        found["seam (exchanged parts, copy pixels)"] > found["seam (exchanged parts, do nothing)"]
    )
    for method in ("copy pixels", "do nothing"):
        assert f"smile-error (mouth, training people, {method})" in found
    assert [sheet.name for sheet in findings.sheets] == ["exchanges", "smiles"]


def test_an_edit_with_detail_has_the_portraits_size_and_keeps_what_is_far(
    portrait_context, portraits, tiny_editor
):
    (method,) = open_methods(tiny_editor, ["w-plus-detail"])
    smile = portraits.smiles(seen=False)[0]
    source = portraits.picture(smile.source)
    edited = carry_out(portrait_context, method, portraits, smile)
    np.testing.assert_array_equal(edited[..., :200, :], source[..., :200, :])
    assert np.abs(edited - source)[..., 350:390, 230:280].max() > 0.1


def test_people_without_a_neutral_portrait_exchange_parts_and_have_no_smiles(
    portraits, portrait_context
):
    known = {key: each for key, each in portraits.known.items() if key[1] == "smiling"}
    smiling = replace(portraits, known=known)
    assert [each.name for each in smiling.people] == [each.name for each in known.values()]
    assert smiling.smiles(seen=False) == []
    assert len(smiling.swaps([0] * 6, seed=0)) == 6


def test_without_landmarks_it_says_what_is_missing(context):
    assert "landmarks.npz" in (PortraitEditing().obstacle(context) or "")


def test_portraits_with_landmarks_are_no_obstacle(portrait_context):
    assert PortraitEditing().obstacle(portrait_context) is None


def test_damaged_landmarks_are_refused(tmp_path):
    points: dict[str, Any] = {"001_neutral": np.zeros((5, 2), np.float32)}
    np.savez(tmp_path / parts.FILE, **points)
    with pytest.raises(DataError, match=r"468 points .* got \(5, 2\) for 001_neutral"):
        parts.read_landmarks(tmp_path)
    (tmp_path / parts.FILE).write_bytes(b"no archive")
    with pytest.raises(DataError, match="cannot be read"):
        parts.read_landmarks(tmp_path)
