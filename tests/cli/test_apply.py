"""`stylemapgan apply` from the outside."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan import zoo

EDITED = b"digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


@pytest.fixture
def edit(tmp_path) -> Path:
    """An edit that takes a part of one picture."""
    write_clouds(tmp_path / "other.png", 99)
    part = {"reference": "other.png", "mask": {"box": [4, 4, 16, 16]}}
    path = tmp_path / "edit.json"
    path.write_text(json.dumps({"parts": [part]}))
    return path


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Four photos, and a file that is none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in range(4):
        write_clouds(folder / f"{seed}.png", seed)
    (folder / "page.jpg").write_text("<html>")
    return folder


def write_clouds(path: Path, seed: int) -> None:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    Image.fromarray(coarse).resize((48, 48), Image.Resampling.BICUBIC).save(path)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def onnx(exported_tiny) -> Path:
    return exported_tiny / "networks"


@pytest.fixture
def command(edit, pictures, onnx) -> list[object]:
    """A command that works, and whose results go to the folder `out` beside the edit."""
    return ["apply", edit, pictures, edit.parent / "out", "--model", onnx]


def test_apply_says_how_many_photos_it_edited_and_where_the_others_are(run, command, tmp_path):
    out = tmp_path / "out"
    outcome = run(*command, "--workers", 1)
    assert outcome.code == 0, outcome.err
    assert "photos: 0 of 5" in outcome.out
    summary, misfits = outcome.out.splitlines()[-2:]
    assert summary.startswith("4 of 5 photos edited, ")
    assert summary.endswith(" photos/s")
    assert misfits == f"1 misfits; why: {out / 'manifest.csv'}"
    assert names(out) == {"0.png", "1.png", "2.png", "3.png", "apply.json", "manifest.csv"}

    again = run(*command, "--workers", 1, "--resume")
    assert again.code == 0
    assert again.out.splitlines()[-2] == "4 of 5 photos edited"


def test_the_files_say_where_they_come_from(run, command, tmp_path, onnx):
    run(*command, "--find", "middle", "--workers", 1)
    content = (tmp_path / "out/0.png").read_bytes()
    assert EDITED in content
    assert str(tmp_path).encode() not in content
    with Image.open(tmp_path / "out/0.png") as picture:
        text = picture.text  # pyright: ignore[reportAttributeAccessIssue]
    assert text["stylemapgan:model"] == onnx.name
    square = {"x": 24.0, "y": 24.0, "side": 48.0, "rotation": 0.0}
    expected = {"command": "apply", "edit": "edit.json", "detail": True, "square": square}
    assert json.loads(text["stylemapgan:settings"]) == expected
    command[3] = tmp_path / "plain"
    run(*command, "--no-tag", "--workers", 1)
    assert b"stylemapgan" not in (tmp_path / "plain/0.png").read_bytes()


def test_apply_does_what_blend_does_to_a_whole_photo(run, command, pictures, tmp_path):
    given = (*command[-2:], "--find", "middle", "--no-tag")
    run(*command[:4], *given, "--workers", 1)
    other = tmp_path / "other.png"
    for name in ("0.png", "3.png"):
        blended = tmp_path / "blend.png"
        box = ("--photo", "--box", "4,4,16,16", "-o", blended)
        assert run("blend", pictures / name, other, *given, *box).code == 0
        ours, theirs = (np.asarray(Image.open(each)) for each in (tmp_path / "out" / name, blended))
        assert np.abs(ours.astype(int) - theirs).max() <= 1


@pytest.mark.parametrize(
    "arguments",
    [
        "blend --box 4,4,16,16 --space w --reference-square 20,20,30",
        "transplant --box 4,4,16,16 --shift 4,-2 --rotation 15 --scale 1.2 --strength 0.7",
    ],
)
def test_the_edit_of_a_command_is_saved_and_applied(run, command, pictures, tmp_path, arguments):
    name, *options = arguments.split()
    given = (*command[-2:], "--find", "middle", "--no-tag")
    once = ("-o", tmp_path / "once.png", "--save-edit", tmp_path / "edit.json", "--photo")
    outcome = run(name, pictures / "2.png", tmp_path / "other.png", *options, *given, *once)
    assert outcome.code == 0, outcome.err
    assert f"wrote {tmp_path / 'edit.json'}" in outcome.out
    assert json.loads((tmp_path / "edit.json").read_text())["model"] == "networks"
    assert run(*command[:4], *given, "--workers", 1).code == 0
    ours, theirs = (np.asarray(Image.open(tmp_path / each)) for each in ("out/2.png", "once.png"))
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_the_edit_of_a_move_is_saved_and_applied(run, tmp_path):
    sample = zoo.sample_pictures("hands-64")[0]
    (tmp_path / "hands").mkdir()
    (tmp_path / "hands" / sample.name).write_bytes(sample.read_bytes())
    photo = tmp_path / "hands" / sample.name
    given = ("--direction", "open-hand", "--amount", "-1.5", "--box", "8,8,40,40")
    once = ("-o", tmp_path / "once.png", "--save-edit", tmp_path / "edit.json", "--photo")
    hands = ("--find", "middle", "--model", "hands-64")
    assert run("move", photo, *given, *once, *hands).code == 0
    outcome = run("apply", tmp_path / "edit.json", tmp_path / "hands", tmp_path / "out", *hands[:2])
    assert outcome.code == 0, outcome.err
    ours, theirs = (
        np.asarray(Image.open(path))
        for path in (tmp_path / "out" / photo.name, tmp_path / "once.png")
    )
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_the_model_is_the_one_that_the_edit_names(run, edit, tmp_path):
    document = json.loads(edit.read_text())
    edit.write_text(json.dumps({"model": "hands-64", **document}))
    folder = tmp_path / "hands"
    folder.mkdir()
    sample = zoo.sample_pictures("hands-64")[0]
    (folder / sample.name).write_bytes(sample.read_bytes())
    outcome = run("apply", edit, folder, tmp_path / "out", "--find", "middle")
    assert outcome.code == 0, outcome.err
    with Image.open(tmp_path / "out" / sample.name) as picture:
        assert b"hands-64" in picture.info["xmp"]

    edit.write_text(json.dumps({"model": "mine", **document}))
    outcome = run("apply", edit, folder, tmp_path / "mine")
    assert outcome.code == 2
    assert "made with the model mine, which is not bundled: give its file" in outcome.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--workers", "0"], "number of processes must be from 1"),
        (["--find", "nose"], "nose"),
        (["--accept", "bad"], "bad"),
        (["--engine", "torch"], "which PyTorch does not run"),
    ],
)
def test_mistakes_take_one_line_and_leave_nothing(run, command, tmp_path, options, message):
    outcome = run(*command, *options)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert message in outcome.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_stops_with_one_line_and_resume_goes_on(run, command, pictures, workers):
    for seed in range(4, 100):  # enough to be interrupted
        (pictures / f"{seed}.png").hardlink_to(pictures / f"{seed % 4}.png")
    out = pictures.parent / "out"
    arguments = [*command, "--workers", workers]
    program = [sys.executable, "-m", "stylemapgan", *map(str, arguments)]
    # tests that run in the background ignore Ctrl-C, and so would what they start
    with subprocess.Popen(
        program,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        while not (out / "manifest.csv").exists():
            assert process.poll() is None
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGINT)
        said, complained = process.communicate()
    assert process.returncode == 130
    assert "Run the same command with --resume to continue." in said
    assert complained == ""
    assert not list(out.glob(".*"))
    assert 0 < len(list(out.glob("*.png"))) < 100

    finished = run(*arguments, "--resume")
    assert finished.code == 0, finished.err
    assert "100 of 101 photos edited" in finished.out
    assert len(list(out.glob("*.png"))) == 100
