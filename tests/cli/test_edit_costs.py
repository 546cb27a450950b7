"""A command encodes each photo once, and decodes only what it writes or has to compare."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stylemapgan import checkpoints, images
from stylemapgan.editing import CroppedPhoto, Edit, Editor, Part
from stylemapgan.editing.directions import Direction, write_directions

BLEND = "blend photo-0.png photo-1.png --box 8,8,16,16"
TRANSPLANT = "transplant photo-0.png photo-1.png --box 8,8,16,16 --shift 4,4"
MOVE = "move photo-0.png --directions directions.safetensors --direction up"


@pytest.fixture
def calls(monkeypatch) -> Counter[str]:
    """Counts how often networks run."""
    counted = Counter()
    for name in ("encode", "synthesize"):
        original = getattr(Editor, name)

        def count(self, given, name=name, original=original):
            counted[name] += 1
            return original(self, given)

        monkeypatch.setattr(Editor, name, count)
    return counted


@pytest.fixture
def measured(model, tmp_path) -> Path:
    """The tiny model, which knows how well photos usually come back."""
    path = tmp_path / "measured.safetensors"
    errors = tuple(0.1 * (1 + step) for step in range(11))
    checkpoints.write(path, replace(checkpoints.read(model), typical_errors=errors))
    return path


@pytest.fixture
def directions(photos) -> None:
    """A file of one direction beside the photos."""
    normal = np.zeros((1, 8, 4, 4), np.float32)
    normal[0, 0, 0, 0] = 1
    up = Direction(name="up", label="Up", normal=normal, origin="variance", scale=2.0)
    write_directions(Path("directions.safetensors"), [up])


@pytest.mark.usefixtures("directions")
@pytest.mark.parametrize(
    ("arguments", "counts"),
    [
        (BLEND, (2, 1)),
        (f"{BLEND} --photo --no-detail", (2, 2)),  # compared with the photo's reconstruction
        (f"{BLEND} --photo", (2, 3)),  # and with the reference's
        (f"{BLEND} --sheet sheet.png", (2, 1)),
        (TRANSPLANT, (2, 1)),
        (f"{TRANSPLANT} --photo --no-detail", (2, 2)),
        (f"{TRANSPLANT} --photo", (2, 3)),
        (f"{TRANSPLANT} --photo --rotation 20", (2, 3)),
        (f"{TRANSPLANT} --rotation 20 --scale 1.5", (2, 1)),
        (f"{TRANSPLANT} --morph 3", (2, 3)),
        (MOVE, (1, 1)),
        (f"{MOVE} --photo", (1, 2)),
        ("mix photo-0.png photo-1.png --photo", (2, 2)),
    ],
)
def test_networks_run_no_more_than_an_edit_needs(run, model, calls, arguments, counts):
    outcome = run(*arguments.split(), "--model", model, "-o", "out.png")
    assert outcome.code == 0, outcome.err
    assert (calls["encode"], calls["synthesize"]) == counts


@pytest.mark.usefixtures("directions")
@pytest.mark.parametrize(
    ("arguments", "counts"),
    [
        (BLEND, (2, 3)),  # both photos are compared with their reconstructions, for the warning
        (f"{BLEND} --photo", (2, 3)),
        (f"{TRANSPLANT} --photo", (2, 3)),
        (MOVE, (1, 2)),
        (f"{MOVE} --photo", (1, 2)),
        ("reconstruct photo-0.png photo-1.png", (2, 2)),
    ],
)
def test_the_warning_uses_what_the_edit_needs_anyway(run, measured, calls, arguments, counts):
    outcome = run(*arguments.split(), "--model", measured, "-o", "out.png")
    assert outcome.code == 0, outcome.err
    assert (calls["encode"], calls["synthesize"]) == counts


def test_a_turned_transplant_is_the_edit_of_the_same_numbers(run, model, photos):
    options = "--box 8,8,16,16 --shift=-4,2 --rotation=-30 --scale 0.75 --strength 0.5"
    outcome = run("transplant", *photos[:2], *options.split(), "--model", model, "-o", "out.png")
    assert outcome.code == 0, outcome.err

    editor = Editor.load(model)
    part = Part(
        reference=CroppedPhoto.read(Path(photos[1])),
        mask=images.box_mask((8, 8, 16, 16), 32),
        shift=(2, -4),
        rotation=-30.0,
        scale=0.75,
        strength=0.5,
    )
    edited = editor.edit(images.read(photos[0], 32), Edit(parts=(part,)))
    expected = images.to_bytes(edited)
    np.testing.assert_array_equal(images.read_pixels(Path("out.png")), expected[0])


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--rotation=400", "The rotation must be from -360 to 360 degrees, got 400"),
        ("--scale=9", "The scale must be from 0.25 to 4, got 9"),
    ],
)
def test_turns_out_of_range_are_refused_in_one_line(run, model, photos, option, message):
    outcome = run(*TRANSPLANT.split(), option, "--model", model)
    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
