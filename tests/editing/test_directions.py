"""Directions point where photos differ, survive a file, and push no further than the mask."""

import json
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from stylemapgan import checkpoints, images, zoo
from stylemapgan.checkpoints.networks import pack
from stylemapgan.config import preset
from stylemapgan.editing import open_editor
from stylemapgan.editing.directions import (
    Direction,
    closed_form_directions,
    direction_named,
    fit_by_labels,
    principal_directions,
    read_directions,
    write_directions,
)
from stylemapgan.editing.directions.direction import FORMAT
from stylemapgan.editing.directions.finding_directions import FIRST_CONVOLUTION
from stylemapgan.editing.operations import push
from stylemapgan.errors import CheckpointError, EditError

SHAPE = (4, 4, 4)
"""Channels, rows and columns of the stylemaps here."""


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def cosine(direction: Direction, vector: np.ndarray) -> float:
    return float(direction.normal.ravel() @ unit(vector.ravel()))


def some_direction(name: str = "open-hand", seed: int = 0) -> Direction:
    normal = unit(np.random.default_rng(seed).normal(size=(1, *SHAPE))).astype(np.float32)
    return Direction(
        name=name, label="Open hand", normal=normal, origin="labels", scale=2.5, accuracy=0.9
    )


# Pushing


def test_push_adds_steps_everywhere(random):
    stylemaps, step = random.normal(size=(2, *SHAPE)), random.normal(size=(1, *SHAPE))

    np.testing.assert_allclose(push(stylemaps, step, -1.5), stylemaps - 1.5 * step)
    np.testing.assert_array_equal(push(stylemaps, step, 0.0), stylemaps)


def test_push_adds_to_each_cell_as_much_as_the_mask_covers(random):
    stylemaps, step = random.normal(size=(1, *SHAPE)), random.normal(size=(1, *SHAPE))
    mask = random.uniform(size=(1, 1, 32, 32)) * (random.uniform(size=(1, 1, 32, 32)) > 0.5)
    mask[..., :8, :8] = 0

    pushed = push(stylemaps, step, 2.0, mask)

    for row in range(4):
        for column in range(4):
            pixels = mask[0, 0, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
            expected = stylemaps[..., row, column] + 2 * pixels.mean() * step[..., row, column]
            np.testing.assert_allclose(pushed[..., row, column], expected)
    np.testing.assert_array_equal(pushed[..., 0, 0], stylemaps[..., 0, 0])


def test_push_does_the_same_to_tensors(random):
    stylemaps, step = random.normal(size=(1, *SHAPE)), random.normal(size=(1, *SHAPE))
    mask = random.uniform(size=(1, 1, 32, 32))

    pushed = push(torch.tensor(stylemaps), torch.tensor(step), 1.0, torch.tensor(mask))

    np.testing.assert_allclose(pushed.numpy(), push(stylemaps, step, 1.0, mask))


def test_push_explains_what_does_not_fit(random):
    stylemap = random.normal(size=(1, *SHAPE))
    with pytest.raises(EditError, match="do not fit: both must come from the same model"):
        push(stylemap, random.normal(size=(1, 4, 8, 8)), 1.0)
    with pytest.raises(EditError, match="must be from -100 to 100, got nan"):
        push(stylemap, stylemap, float("nan"))


# Finding


def test_labels_lead_to_the_direction_that_was_planted(random):
    planted = unit(random.normal(size=SHAPE))
    has_it = random.uniform(size=300) > 0.4
    stylemaps = random.normal(size=(300, *SHAPE)) + 3 * has_it[:, None, None, None] * planted

    found = fit_by_labels(stylemaps.astype(np.float32), has_it, name="planted-thing")

    assert cosine(found, planted) > 0.9
    assert found.accuracy is not None
    assert 0.85 < found.accuracy < 0.97  # the best possible is 0.933
    assert found.label == "Planted thing"
    along = stylemaps.reshape(300, -1) @ found.normal.ravel()
    assert found.scale == pytest.approx(along.std(), rel=1e-4)
    np.testing.assert_allclose(found.step, found.scale * found.normal)


def test_the_direction_goes_the_way_photos_differ_not_the_way_that_tells_them_apart(random):
    # Photos differ by 2 along `visible`, where they vary anyway, and by a trifle along `faint`,
    # where they hardly vary: enough to tell them apart, nothing to see.
    visible, faint = np.eye(64)[0].reshape(SHAPE), np.eye(64)[1].reshape(SHAPE)
    has_it = random.uniform(size=400) > 0.5
    noise = random.normal(size=(400, 64)) * np.r_[2.0, 0.01, np.full(62, 0.5)]
    stylemaps = noise.reshape(400, *SHAPE)
    stylemaps += has_it[:, None, None, None] * (2 * visible + 0.05 * faint)

    found = fit_by_labels(stylemaps.astype(np.float32), has_it, name="seen")

    assert cosine(found, visible) > 0.9


def test_labels_that_mean_nothing_are_no_better_than_guessing(random):
    stylemaps = random.normal(size=(400, *SHAPE)).astype(np.float32)
    has_it = random.uniform(size=400) < 0.1  # "never" would be right nine times of ten

    found = fit_by_labels(stylemaps, has_it, name="nothing")

    assert found.accuracy == pytest.approx(0.5, abs=0.15)


def test_nobody_is_both_learned_from_and_predicted_if_groups_are_given(random):
    # Each person has it or not, and looks like nobody else: knowing the person is knowing all.
    people = np.repeat(np.arange(40), 10)
    looks = random.normal(size=(40, *SHAPE))[people]
    stylemaps = (looks + 0.1 * random.normal(size=looks.shape)).astype(np.float32)
    has_it = random.permutation(40)[people] < 20

    leaking = fit_by_labels(stylemaps, has_it, name="leaking").accuracy
    honest = fit_by_labels(stylemaps, has_it, name="honest", groups=people).accuracy

    assert leaking is not None
    assert honest is not None
    assert leaking > 0.9
    assert honest < 0.7


def test_labels_report_progress_and_repeat_exactly(random):
    stylemaps = random.normal(size=(30, *SHAPE)).astype(np.float32)
    has_it = np.arange(30) % 2 == 0
    told = []

    first = fit_by_labels(stylemaps, has_it, name="a", show=lambda *state: told.append(state))
    second = fit_by_labels(stylemaps, has_it, name="a")

    assert told == [(done, 6) for done in range(7)]
    np.testing.assert_array_equal(first.normal, second.normal)


@pytest.mark.parametrize(
    ("labels", "groups", "message"),
    [
        ([True] * 10, None, "10 photos are positive, 0 negative: at least 2 of each"),
        ([True] + [False] * 9, None, "1 photos are positive, 9 negative"),
        ([True] * 5 + [False] * 5, [0] * 10, "of different groups if groups are given"),
        ([True, False] * 4, None, "must be equal in number, got 10, 8"),
    ],
)
def test_labels_of_no_use_are_refused(random, labels, groups, message):
    stylemaps = random.normal(size=(10, *SHAPE)).astype(np.float32)
    with pytest.raises(EditError, match=message):
        fit_by_labels(stylemaps, labels, name="no", groups=groups)


def test_principal_directions_are_the_eigenvectors_of_the_covariance(random):
    spreads = np.linspace(0.5, 5, 64)
    axes, _ = np.linalg.qr(random.normal(size=(64, 64)))
    vectors = (random.normal(size=(500, 64)) * spreads) @ axes + 7

    found = principal_directions(vectors.reshape(500, *SHAPE).astype(np.float32), 5)

    variances, expected = np.linalg.eigh(np.cov(vectors.T, bias=True))
    for place, direction in enumerate(found, start=1):
        assert abs(cosine(direction, expected[:, -place])) > 0.999
        assert direction.scale == pytest.approx(np.sqrt(variances[-place]), rel=1e-3)
    assert [direction.name for direction in found] == [f"variance-{place}" for place in range(1, 6)]
    assert found[0].label == f"Variation 1 ({variances[-1] / variances.sum():.0%} of all)"


def test_photos_allow_only_so_many_principal_directions(random):
    stylemaps = random.normal(size=(3, *SHAPE)).astype(np.float32)
    with pytest.raises(EditError, match="Only 1 to 2 directions"):
        principal_directions(stylemaps, 3)
    with pytest.raises(EditError, match="All photos have the same stylemap"):
        principal_directions(np.repeat(stylemaps[:1], 3, axis=0), 1)


def test_directions_of_the_weights_are_what_the_first_convolution_amplifies_most(networks, random):
    config = preset("tiny-32").model
    checkpoint = pack(
        config, networks.generator, networks.encoder, images_seen=0, licence="", data=""
    )
    channels, cells = config.style_channels, config.stylemap_size
    stylemaps = random.normal(size=(50, channels, cells, cells)).astype(np.float32)

    found = closed_form_directions(checkpoint, channels, stylemaps)

    weight = torch.tensor(checkpoint.tensors[FIRST_CONVOLUTION], dtype=torch.float64)

    def answer(normal: np.ndarray) -> float:
        return float(F.conv2d(torch.tensor(normal, dtype=torch.float64), weight, padding=1).norm())

    answers = [answer(direction.normal) for direction in found]
    assert answers == sorted(answers, reverse=True)
    for _ in range(20):  # nothing else that is the same in every cell gets a stronger answer
        other = np.broadcast_to(random.normal(size=(1, channels, 1, 1)), (1, *stylemaps.shape[1:]))
        assert answer(unit(other)) <= answers[0]
    np.testing.assert_array_equal(found[0].normal.std(axis=(-2, -1)), 0)
    along = np.einsum("nchw,c->nhw", stylemaps, found[0].normal[0, :, 0, 0] * cells)
    np.testing.assert_allclose(
        np.abs(found[0].step).max(),
        (np.abs(unit(found[0].normal[0, :, 0, 0])) * along.std()).max(),
        rtol=1e-4,
    )


def test_weights_have_only_so_many_directions(networks, random):
    checkpoint = pack(
        preset("tiny-32").model,
        networks.generator,
        networks.encoder,
        images_seen=0,
        licence="",
        data="",
    )
    stylemaps = random.normal(size=(5, 64, 4, 4)).astype(np.float32)
    with pytest.raises(EditError, match="as many as style channels; asked for 0"):
        closed_form_directions(checkpoint, 0, stylemaps)
    with pytest.raises(CheckpointError, match="The model has no weights"):
        closed_form_directions(replace(checkpoint, tensors={}), 1, stylemaps)


# Keeping


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Open Hand"}, "small letters, digits and hyphens"),
        ({"name": "../up"}, "small letters, digits and hyphens"),
        ({"label": "two\nlines"}, "one line"),
        ({"scale": 0.0}, "needs a scale above 0"),
        ({"scale": float("inf")}, "needs a scale above 0"),
        ({"accuracy": 1.5}, "must be from 0 to 1, got 1.5"),
        ({"normal": np.full((1, *SHAPE), np.nan, np.float32)}, "must have the length 1, got nan"),
        ({"normal": np.ones((4, 4), np.float32) / 4}, r"got \(4, 4\)"),
    ],
)
def test_a_direction_refuses_nonsense(change, message):
    with pytest.raises(EditError, match=message):
        replace(some_direction(), **change)


def test_directions_come_back_from_a_file_as_they_were(tmp_path):
    path = tmp_path / "directions.safetensors"
    directions = [some_direction("zebra", 1), replace(some_direction(), accuracy=None, label="Öl")]

    write_directions(path, directions)
    back = read_directions(path)

    assert [each.name for each in back] == ["zebra", "open-hand"]  # in their order
    for ours, theirs in zip(directions, back, strict=True):
        np.testing.assert_array_equal(ours.normal, theirs.normal)
        assert replace(ours, normal=theirs.normal) == theirs
    assert direction_named("open-hand", back).label == "Öl"
    with pytest.raises(EditError, match="Unknown direction 'wave'; known are: zebra, open-hand"):
        direction_named("wave", back)


def test_a_file_holds_directions_of_one_model_with_names_of_their_own(tmp_path):
    path = tmp_path / "directions.safetensors"
    small = unit(np.ones((1, 4, 2, 2), np.float32))
    for wrong, message in [
        ([], "at least one direction"),
        ([some_direction(), some_direction()], "same name: open-hand"),
        ([some_direction(), replace(some_direction("b"), normal=small)], "have one size"),
    ]:
        with pytest.raises(EditError, match=message):
            write_directions(path, wrong)
    with pytest.raises(CheckpointError, match=r"end in \.safetensors"):
        write_directions(tmp_path / "directions.json", [some_direction()])
    with pytest.raises(CheckpointError, match="there is no folder"):
        write_directions(tmp_path / "no" / "directions.safetensors", [some_direction()])
    assert not list(tmp_path.iterdir())


def written(path, facts, format_name=FORMAT, scale=1.0):
    normal = some_direction().normal * np.float32(scale)
    metadata = {
        "format": format_name,
        "directions": facts if isinstance(facts, str) else json.dumps(facts),
    }
    save_file({"open-hand": normal}, path, metadata)


FACTS = {"name": "open-hand", "label": "A", "origin": "labels", "scale": 1.0, "accuracy": 0.9}


@pytest.mark.parametrize(
    ("facts", "settings", "message"),
    [
        (
            [FACTS],
            {"format_name": "other"},
            "does not hold directions: its metadata names .*'other'",
        ),
        ("no json", {}, "metadata is invalid"),
        ("[" * 100_000, {}, "metadata is invalid"),
        ({"name": "open-hand"}, {}, "metadata is invalid"),
        ([{**FACTS, "scale": "1"}], {}, "metadata is invalid"),
        ([{**FACTS, "origin": "magic"}], {}, "metadata is invalid"),
        ([{**FACTS, "more": 1}], {}, "metadata is invalid"),
        ([{**FACTS, "label": None}], {}, "metadata is invalid"),
        ([{**FACTS, "name": "wave"}], {}, "'wave' has no tensor"),
        ([{**FACTS, "scale": 10**400}], {}, "scale above 0"),
        ([{**FACTS, "scale": float("nan")}], {}, "scale above 0"),
        ([FACTS, FACTS], {}, "same name"),
        ([], {}, "at least one"),
        ([FACTS], {"scale": 3.0}, "must have the length 1, got 3"),
    ],
)
def test_files_that_make_no_sense_are_refused_in_one_line(tmp_path, facts, settings, message):
    path = tmp_path / "directions.safetensors"
    written(path, facts, **settings)

    with pytest.raises(CheckpointError, match=message) as caught:
        read_directions(path)

    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_damaged_and_foreign_files_are_refused(tmp_path):
    path = tmp_path / "directions.safetensors"
    with pytest.raises(CheckpointError, match="no such file of directions"):
        read_directions(path)
    write_directions(path, [some_direction()])
    whole = path.read_bytes()
    for content in (b"", whole[:20], whole[:-1], pickle.dumps([1, 2, 3]), b"\xff" * 4096):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="not a safetensors file, or is damaged"):
            read_directions(path)
    with pytest.raises(CheckpointError, match="its metadata names the format 'stylemapgan-1'"):
        read_directions(zoo.find("hands-64"))


# What comes with the models


@pytest.mark.parametrize("model", zoo.BUNDLED)
def test_bundled_directions_fit_their_models(model):
    file = zoo.directions_file(model)
    assert file is not None
    directions = read_directions(file)

    config = checkpoints.read(zoo.find(model)).config
    assert 5 <= len(directions) <= 10
    for direction in directions:
        expected = (1, config.style_channels, config.stylemap_size, config.stylemap_size)
        assert direction.normal.shape == expected
        assert (direction.origin == "labels") == (direction.accuracy is not None)
        assert direction.accuracy is None or direction.accuracy > 0.8


def test_pushing_the_left_half_of_a_hand_changes_the_left_half():
    file = zoo.directions_file("hands-64")
    assert file is not None
    direction = direction_named("open-hand", read_directions(file))
    editor = open_editor("hands-64")
    start = editor.encode(images.read(zoo.sample_folder("hands-64") / "147_5.png", 64))
    left = images.box_mask((0, 0, 32, 64), 64)

    step = editor.as_array(direction.step)
    before = np.asarray(editor.decode(start))
    after = np.asarray(editor.decode(push(start, step, -2.0, editor.as_mask(left))))

    change = np.abs(after - before).mean(axis=(0, 1, 2))  # for each column of pixels
    assert change[:28].mean() > 0.05
    assert change[40:].mean() < 0.2 * change[:28].mean()


def test_directions_need_neither_pytorch_nor_scikit_learn_until_labels_are_fitted():
    code = (
        "import sys, stylemapgan.editing.directions; "
        "sys.exit(bool({'torch', 'sklearn', 'scipy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
