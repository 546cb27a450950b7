"""Parts are found, named and shown by commands."""

import numpy as np
import pytest

from stylemapgan import images, zoo
from stylemapgan.editing import open_editor
from stylemapgan.editing.parts import read_parts

PICTURE = zoo.sample_pictures("hands-64")[0]


@pytest.fixture
def found(run, model, photos, tmp_path):
    outcome = run("parts", "fit", tmp_path, "--count", 4, "--model", model, "--sheet", "found.png")
    assert outcome.code == 0, outcome.err
    assert outcome.out.endswith("wrote parts.safetensors: part-1 to part-4\nwrote found.png\n")
    return read_parts(tmp_path / "parts.safetensors")


def test_masks_of_a_bundled_model_are_what_blend_takes(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = run("parts", "show", PICTURE, "--model", "hands-64", "--masks", "masks")
    assert (outcome.code, outcome.err) == (0, "")

    editor = open_editor("hands-64")
    file = zoo.parts_file("hands-64")
    assert file is not None
    w_plus = editor.resize(editor.encode(images.read(PICTURE, 64)))
    expected = read_parts(file).masks(editor, w_plus)
    assert {path.stem for path in (tmp_path / "masks").iterdir()} == set(expected)
    for name, mask in expected.items():
        np.testing.assert_array_equal(images.read_mask(f"masks/{name}.png", 64), mask)
        assert f"{name}: {mask.mean():.1%} of the picture" in outcome.out
    assert images.read("parts.png").shape[-1] > 7 * 192
    blended = run("blend", PICTURE, PICTURE, "--model", "hands-64", "--mask", "masks/palm.png")
    assert (blended.code, blended.err) == (0, "")


def test_parts_are_found_named_and_shown(run, model, photos, found):
    assert found.names == ("part-1", "part-2", "part-3", "part-4")
    named = run("parts", "name", "parts.safetensors", "Thumb side=2,4", "Palm=1", "--rest", "Rest")
    assert named.out == "wrote named.safetensors: thumb-side, palm, rest\n"
    shown = run(
        "parts", "show", photos[0], "--parts", "named.safetensors", "--model", model, "-o", "s.png"
    )
    assert (shown.code, shown.err) == (0, "")
    shares = [float(line.split()[1].rstrip("%")) for line in shown.out.splitlines()[:3]]
    assert sum(shares) == pytest.approx(100, abs=0.2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Palm=x"], "like Palm=4,16, got Palm=x."),
        (["Palm"], "like Palm=4,16, got Palm."),
        (["Palm=1"], "must go into exactly one new part, got part-1."),
        (["Palm=9", "--rest", "Rest"], "must go into exactly one new part"),
        (["Palm=1", "Hand=1", "--rest", "Rest"], "must go into exactly one new part"),
        (["=1", "--rest", "Rest"], "A part cannot be called ''"),
        (["Palm=1", "--rest", "Rest", "-o", "named.npz"], "end in .safetensors"),
    ],
)
def test_names_that_do_not_fit_take_one_line(run, found, arguments, message):
    outcome = run("parts", "name", "parts.safetensors", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_model_without_parts_is_told(run, model, photos):
    outcome = run("parts", "show", photos[0], "--model", model)
    assert outcome.code == 2
    assert "has no parts" in outcome.err
    assert "stylemapgan parts fit PHOTOS" in outcome.err


def test_a_folder_without_pictures_is_told(run, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    outcome = run("parts", "fit", "empty", "--model", model)
    assert outcome.code == 2
    assert "holds 0 pictures" in outcome.err
    assert not (tmp_path / "parts.safetensors").exists()
