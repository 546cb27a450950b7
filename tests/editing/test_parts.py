"""Parts are found, named, told apart pixel by pixel, and kept in files."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file

from stylemapgan import zoo
from stylemapgan.editing import Editor, open_editor
from stylemapgan.editing.parts import (
    Parts,
    find_parts,
    name_by_overlap,
    read_parts,
    write_parts,
)
from stylemapgan.editing.parts.finding_parts import grouped
from stylemapgan.editing.parts.named_parts import enlarging, to_name, unit_rows
from stylemapgan.editing.photo import CroppedPhoto
from stylemapgan.errors import CheckpointError, EditError
from stylemapgan.images.levels import to_numpy


@pytest.fixture(scope="module")
def editor(networks) -> Editor:
    return Editor(networks)


@pytest.fixture(scope="module")
def stylemaps(editor):
    return editor.sample(6)


@pytest.fixture(scope="module")
def parts(editor, stylemaps) -> Parts:
    return find_parts(editor, stylemaps, 5, seed=1)


def bundles(random: np.random.Generator) -> np.ndarray:
    """Three tight bundles of vectors, along three axes of four."""
    return unit_rows(np.repeat(np.eye(4)[:3], 20, axis=0) + 0.1 * random.normal(size=(60, 4)))


def test_groups_are_bundles_of_vectors():
    vectors = bundles(np.random.default_rng(0)).astype(np.float32)
    groups = grouped(vectors, 3, seed=1)

    np.testing.assert_allclose(np.linalg.norm(groups, axis=1), 1, rtol=1e-6)
    owners = np.argmax(vectors @ groups.T, axis=1).reshape(3, 20)
    assert [len(set(bundle)) for bundle in owners.tolist()] == [1, 1, 1]
    assert len(set(owners[:, 0].tolist())) == 3
    means = unit_rows(vectors.reshape(3, 20, 4).sum(axis=1))  # the closed form, bundles known
    np.testing.assert_allclose(groups[owners[:, 0]], means, atol=1e-6)


def test_there_are_no_more_groups_than_different_vectors():
    twice = np.repeat(np.eye(3, dtype=np.float32), 5, axis=0)
    groups = grouped(twice, 3, seed=0)
    np.testing.assert_allclose(np.sort(groups, axis=0), np.sort(np.eye(3), axis=0))
    for count in (4, 16):
        with pytest.raises(EditError, match=f"{count} parts need at least as many different"):
            grouped(twice, count, seed=0)


def test_every_pixel_belongs_to_exactly_one_part(editor, stylemaps, parts):
    masks = parts.masks(editor, editor.resize(stylemaps))
    assert tuple(masks) == parts.names
    stacked = np.stack(list(masks.values()))
    assert stacked.shape == (5, 6, 1, 32, 32)
    assert set(np.unique(stacked)) == {0, 1}
    np.testing.assert_array_equal(stacked.sum(axis=0), 1)
    assert (stacked.sum(axis=(1, 2, 3, 4)) > 0).all()  # each part is seen somewhere


def test_pixels_belong_where_a_slow_search_puts_them(editor, stylemaps, parts):
    named = parts.merge({"A": ["part-1", "part-4"], "B": ["part-2"], "C": ["part-3", "part-5"]})
    features = to_numpy(editor.features(editor.resize(stylemaps[:1])))[0].astype(np.float64)
    side = features.shape[-1]
    fit = np.full((3, side, side), -np.inf)
    for row, column in itertools.product(range(side), range(side)):
        vector = features[:, row, column]
        place = np.array([(2 * row + 1) / side - 1, (2 * column + 1) / side - 1])
        vector = np.append(vector / np.linalg.norm(vector), named.position_weight * place)
        for centroid, owner in zip(named.centroids, named.owners, strict=True):
            cosine = vector @ centroid / np.linalg.norm(vector)
            fit[owner, row, column] = max(fit[owner, row, column], cosine)
    enlarged = np.stack([_enlarge_slowly(plane, 32) for plane in fit])

    found = named.label_map(editor, editor.resize(stylemaps[:1]))[0]

    margins = np.sort(enlarged, axis=0)
    is_clear = margins[-1] - margins[-2] > 1e-5
    assert is_clear.mean() > 0.9
    np.testing.assert_array_equal(found[is_clear], enlarged.argmax(axis=0)[is_clear])


def _enlarge_slowly(plane: np.ndarray, size: int) -> np.ndarray:
    side = len(plane)
    place = np.clip((np.arange(size) + 0.5) * side / size - 0.5, 0, side - 1)
    along = np.stack([np.interp(place, np.arange(side), row) for row in plane])
    return np.stack([np.interp(place, np.arange(side), column) for column in along.T]).T


def test_enlarging_keeps_constants_and_the_values_at_the_ends():
    matrix = enlarging(4, 16)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    np.testing.assert_array_equal(matrix[[0, 15]], np.eye(4)[[0, 3]])


def test_the_same_seed_finds_the_same_parts(editor, stylemaps, parts):
    again = find_parts(editor, stylemaps, 5, seed=1)
    np.testing.assert_array_equal(again.centroids, parts.centroids)
    other = find_parts(editor, stylemaps, 5, seed=2)
    assert not np.array_equal(other.centroids, parts.centroids)


def test_too_few_parts_or_pictures_are_refused(editor, stylemaps):
    with pytest.raises(EditError, match="At least 2 parts are needed, asked for 1"):
        find_parts(editor, stylemaps, 1)
    with pytest.raises(EditError, match="give at least one"):
        find_parts(editor, stylemaps[:0], 2)


def test_merged_parts_cover_what_their_members_did(editor, stylemaps, parts):
    w_plus = editor.resize(stylemaps)
    merged = parts.merge(
        {"Thumb side": ["part-2", "part-3"], "Rest": ["part-1", "part-4", "part-5"]}
    )
    assert (merged.names, merged.labels) == (("thumb-side", "rest"), ("Thumb side", "Rest"))
    before, after = parts.masks(editor, w_plus), merged.masks(editor, w_plus)
    # at borders the best of two enlarged together may win where neither won alone
    overlap = after["thumb-side"] * (before["part-2"] + before["part-3"])
    assert overlap.sum() > 0.9 * after["thumb-side"].sum()


@pytest.mark.parametrize(
    "groups", [{"A": ["part-1"]}, {"A": ["part-1", "part-2"], "B": ["part-2", "part-3", "part-4"]}]
)
def test_merging_forgets_and_repeats_no_part(parts, groups):
    with pytest.raises(EditError, match="must go into exactly one new part"):
        parts.merge(groups)


def test_parts_get_the_names_they_overlap_most(editor, stylemaps, parts):
    truth = parts.label_map(editor, editor.resize(stylemaps)) % 2  # the parts themselves, in pairs
    named = name_by_overlap(parts, editor, stylemaps, truth, ["Even", "Odd", "Never seen"])
    assert named.labels == ("Even", "Odd")
    assert named.owners.tolist() == [0, 1, 0, 1, 0]


def test_equal_labels_become_one_part(editor, stylemaps, parts):
    truth = parts.label_map(editor, editor.resize(stylemaps))
    labels = ["Eyes", "Face", "Eyes", "Face", "Hair"]
    named = name_by_overlap(parts, editor, stylemaps, truth, labels)
    assert named.names == ("eyes", "face", "hair")
    assert named.owners.tolist() == [0, 1, 0, 1, 2]


def test_parts_of_another_model_are_refused(editor, stylemaps, parts):
    wider = np.pad(parts.centroids, ((0, 0), (0, 7)))
    with pytest.raises(EditError, match="use the parts that belong to it"):
        replace(parts, centroids=wider).masks(editor, editor.resize(stylemaps))


@pytest.mark.parametrize("name", ["../palm", "Palm", "", "a b", "palm-", "a--b"])
def test_names_are_such_that_files_can_have_them(parts, name):
    with pytest.raises(EditError, match="cannot be called"):
        replace(parts, names=(name, *parts.names[1:]))


def test_labels_become_names():
    assert to_name("Thumb side, 2nd") == "thumb-side-2nd"


@pytest.mark.parametrize(
    "change",
    [
        {"names": ("a", "a", "b", "c", "d")},
        {"labels": ("A",)},
        {"owners": np.array([0, 1, 2, 3, 3])},
        {"owners": np.array([0, 1, 2, 3])},
        {"centroids": np.ones((5, 10), np.float32)},
        {"position_weight": -1.0},
        {"position_weight": float("nan")},
    ],
)
def test_parts_that_contradict_themselves_are_refused(parts, change):
    with pytest.raises(EditError):
        replace(parts, **change)


def test_a_file_keeps_parts(parts, tmp_path):
    path = tmp_path / "parts.safetensors"
    named = parts.merge({"Hände": ["part-1", "part-5"], "B": ["part-2", "part-3", "part-4"]})
    write_parts(path, replace(named, names=("hands", "b")))

    read = read_parts(path)

    assert (read.names, read.labels) == (("hands", "b"), named.labels)
    np.testing.assert_array_equal(read.centroids, named.centroids)
    np.testing.assert_array_equal(read.owners, named.owners)
    assert read.position_weight == named.position_weight
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_hold_no_parts_are_refused_in_one_line(parts, tmp_path):
    path = tmp_path / "parts.safetensors"
    with pytest.raises(CheckpointError, match="no such file of parts"):
        read_parts(path)
    path.write_bytes(b"<html>")
    with pytest.raises(CheckpointError, match="not a safetensors file, or is damaged"):
        read_parts(path)
    save_file({"x": np.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="metadata names the format 'nothing'"):
        read_parts(path)
    with pytest.raises(CheckpointError, match="does not hold parts of this version"):
        read_parts(zoo.find("hands-64"))


@pytest.mark.parametrize(
    ("tensors", "metadata"),
    [
        ({"owners": np.zeros(0, np.int64)}, {}),
        ({"owners": np.zeros(5, np.float32)}, {}),
        ({"owners": np.array([0, 1, 2, 3, 4, 5])}, {}),
        ({"centroids": np.full((5, 9), np.nan, np.float32)}, {}),
        ({"centroids": np.zeros(5, np.float32)}, {}),
        ({}, {"names": '["../up", "b", "c", "d", "e"]'}),
        ({}, {"names": "7"}),
        ({}, {"labels": "[1, 2, 3, 4, 5]"}),
        ({}, {"position_weight": "[]"}),
        ({}, {"position_weight": "{"}),
    ],
)
def test_files_with_nonsense_are_refused_in_one_line(parts, tmp_path, tensors, metadata):
    path = tmp_path / "parts.safetensors"
    whole = {"centroids": parts.centroids, "owners": parts.owners.astype(np.int64), **tensors}
    facts = {
        "format": "stylemapgan-parts-1",
        "names": json.dumps(parts.names),
        "labels": json.dumps(parts.labels),
        "position_weight": "0.3",
        **metadata,
    }
    save_file(whole, path, facts)
    with pytest.raises(CheckpointError) as caught:
        read_parts(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_parts_are_written_to_a_place_that_takes_them(parts, tmp_path):
    with pytest.raises(CheckpointError, match=r"end in \.safetensors"):
        write_parts(tmp_path / "parts.npz", parts)
    with pytest.raises(CheckpointError, match="no folder"):
        write_parts(tmp_path / "nowhere" / "parts.safetensors", parts)


@pytest.mark.parametrize("name", zoo.BUNDLED)
def test_bundled_parts_show_on_bundled_pictures_in_both_engines(name):
    file = zoo.parts_file(name)
    assert file is not None
    parts = read_parts(file)
    sample = CroppedPhoto.of_sample(zoo.sample_pictures(name)[0])
    maps = []
    for engine in ("torch", "onnx"):
        editor = open_editor(name, engine=engine)
        w_plus = editor.resize(editor.encode(sample.image(editor.image_size)))
        maps.append(parts.label_map(editor, w_plus))
    assert (maps[0] == maps[1]).mean() > 0.999
    areas = np.bincount(maps[0].ravel(), minlength=parts.count) / maps[0].size
    assert (areas > 0.001).all()
    background = parts.names.index("background")
    upper_corners = maps[0][0, :4][:, [*range(4), *range(-4, 0)]]
    assert (upper_corners == background).all()
    assert 0.3 < areas[background] < 0.9
