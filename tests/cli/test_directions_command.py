"""Directions are found, kept in a file, and walked along, each by a command."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan import images
from stylemapgan.editing import Editor
from stylemapgan.editing.directions import direction_named, fit_by_labels, read_directions
from stylemapgan.editing.operations import push
from stylemapgan.images.levels import to_bytes


@pytest.fixture
def editor(model) -> Editor:
    return Editor.load(model)


@pytest.fixture
def labelled(photos, tmp_path):
    """Twelve bright and twelve dark pictures: in two folders, and all together in `all`."""
    random = np.random.default_rng(0)
    for folder in ("bright", "dark", "all"):
        (tmp_path / folder).mkdir()
    for index in range(24):
        folder, level = ("bright", 200) if index % 2 else ("dark", 40)
        pixels = random.normal(level, 15, size=(32, 32, 3)).clip(0, 255).astype(np.uint8)
        for place in (folder, "all"):
            Image.fromarray(pixels).save(tmp_path / place / f"{index:02d}.png")
    return tmp_path


@pytest.fixture
def fitted(run, model, labelled):
    outcome = run("directions", "fit", "light", "--with", "bright", "--without", "dark",
                  "--model", model)  # fmt: skip
    assert outcome.err == ""
    return outcome


def table() -> list[dict[str, str]]:
    return [
        {"file": f"somewhere/{i:02d}.png", "look": ("dark", "bright")[i % 2], "who": str(i % 5)}
        for i in range(24)
    ] + [{"file": "elsewhere.png", "look": "bright", "who": "7"}]


def pixels(path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_fit_finds_the_direction_between_two_folders(fitted, editor, labelled):
    assert fitted.code == 0
    assert "12 photos with it, 12 without; separated with 100.0% balanced accuracy" in fitted.out
    assert fitted.out.endswith("wrote directions.safetensors: light\n")
    paths = [*sorted((labelled / "bright").iterdir()), *sorted((labelled / "dark").iterdir())]
    photos = np.concatenate([images.read(path, 32) for path in paths])
    stylemaps = editor.in_float32().encode(photos)
    expected = fit_by_labels(stylemaps.numpy(), [True] * 12 + [False] * 12, name="light")
    (found,) = read_directions(labelled / "directions.safetensors")
    np.testing.assert_allclose(found.normal, expected.normal, atol=1e-4)
    assert found.label == "Light"


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_fit_reads_labels_and_people_from_a_table(run, model, labelled, kind):
    rows = table()
    if kind == "csv":
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    else:
        lines = [json.dumps(row) for row in rows]
    (labelled / f"labels.{kind}").write_text("\n".join(lines))

    outcome = run(
        "directions", "fit", "light", "--labels", f"labels.{kind}", "--photos", "all",
        "--column", "look", "--positive", "bright", "shining", "--groups", "who",
        "--label", "More light", "-o", "found.safetensors", "--sheet", "sheet.png",
        "--model", model,
    )  # fmt: skip

    assert (outcome.code, outcome.err) == (0, "")
    assert "12 photos with it, 12 without" in outcome.out
    (found,) = read_directions(labelled / "found.safetensors")
    assert found.label == "More light"
    assert pixels("sheet.png").shape[0] > 4 * 192  # four photos below each other


def test_fit_adds_to_a_file_and_replaces_what_has_the_same_name(run, model, fitted, labelled):
    for name in ("shade", "light"):
        run("directions", "fit", name, "--with", "dark", "--without", "bright", "--model", model)

    names = [each.name for each in read_directions(labelled / "directions.safetensors")]
    assert names == ["shade", "light"]
    assert run("directions", "variance", "all", "--count", 3, "--model", model).code == 0
    assert run("directions", "weights", "--count", 2, "--model", model).code == 0
    run("directions", "variance", "all", "--count", 1, "--sheet", "s.png", "--model", model)

    outcome = run("directions", "list", "directions.safetensors")
    names = [line.split()[0] for line in outcome.out.splitlines()]
    assert names == ["name", "shade", "light", "weights-1", "weights-2", "variance-1"]
    assert "100.0%" in outcome.out


def test_list_shows_what_comes_with_a_model(run):
    for options, name in ((["--model", "hands-64"], "open-hand"), ([], "smile")):
        outcome = run("directions", "list", *options)
        assert outcome.code == 0
        assert name in outcome.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Labels are missing"),
        (("--with", "bright"), "Labels are missing"),
        (("--with", "bright", "--without", "nowhere"), "pictures nowhere does not exist"),
        (("--labels", "no.csv", "--column", "a", "--positive", "b"), "table no.csv does not exist"),
        (("--labels", "t.csv", "--column", "no", "--positive", "b"), "has no column 'no'"),
        (("--labels", "t.csv", "--column", "look", "--positive", "b", "--negative", "c"),
         "t.csv labels no photo in ."),
        (("--labels", "bad.jsonl", "--column", "look", "--positive", "b"), "line 1 is not a JSON"),
        (("--with", "bright", "--without", "dark", "-o", "x.txt"), "end in .safetensors"),
        (("--with", "bright", "--without", "dark", "--label", ""), "one line of up to"),
    ],
)  # fmt: skip
def test_fit_says_in_one_line_what_is_wrong(run, model, labelled, arguments, message):
    (labelled / "t.csv").write_text("file,look\n00.png,b\n")
    (labelled / "bad.jsonl").write_text("{no json\n")

    outcome = run("directions", "fit", "light", *arguments, "--model", model)

    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert not list(labelled.glob("*.safetensors"))


def test_move_pushes_a_photo_everywhere(run, model, editor, fitted, photos):
    outcome = run(
        "move", photos[0], "--direction", "light", "--amount", "-1.5", "--directions",
        "directions.safetensors", "--model", model, "-o", "out.png", "--sheet", "sheet.png",
    )  # fmt: skip

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "wrote out.png\nwrote sheet.png\n"
    step = direction_named("light", read_directions(Path("directions.safetensors"))).step
    start = editor.encode(images.read(photos[0], 32))
    expected = editor.decode(push(start, editor.as_array(step), -1.5))
    np.testing.assert_array_equal(pixels("out.png"), to_bytes(expected)[0])
    assert pixels("sheet.png").shape[1] > 8 * 192


def test_move_pushes_inside_a_box(run, model, editor, fitted, photos):
    run(
        "move", photos[0], "--direction", "light", "--directions", "directions.safetensors",
        "--box", "0,0,16,32", "--model", model, "-o", "out.png",
    )  # fmt: skip

    step = direction_named("light", read_directions(Path("directions.safetensors"))).step
    start = editor.encode(images.read(photos[0], 32))
    mask = editor.as_mask(images.box_mask((0, 0, 16, 32), 32))
    expected = editor.decode(push(start, editor.as_array(step), 2.0, mask))
    np.testing.assert_array_equal(pixels("out.png"), to_bytes(expected)[0])


def test_move_takes_directions_that_come_with_a_model(run, photos):
    outcome = run(
        "move", photos[0], "--direction", "open-hand", "--model", "hands-64", "-o", "out.png"
    )
    assert outcome.code == 0
    assert pixels("out.png").shape == (64, 64, 3)


def test_move_says_in_one_line_what_is_wrong(run, model, photos, fitted):
    known = ("--directions", "directions.safetensors", "--model", model)
    Image.new("L", (32, 32)).save("mask.png")
    for arguments, message in [
        (("--direction", "wave", *known), "Unknown direction 'wave'; known are: light."),
        (("--direction", "light", "--model", model), "has no directions"),
        (("--direction", "light", "--directions", "directions.safetensors"), "do not fit"),
        (("--direction", "light", "--amount", "nan", *known), "got nan"),
        (("--direction", "light", "--box", "0,0,8,8", "--mask", "mask.png", *known),
         "either --mask or --box"),
    ]:  # fmt: skip
        outcome = run("move", photos[0], *arguments)
        assert outcome.code == 2
        errors = [line for line in outcome.err.splitlines() if not line.startswith("warning")]
        assert len(errors) == 1
        assert message in errors[0]
