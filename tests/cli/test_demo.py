"""The demo shows three edits and says what to do next."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from stylemapgan.zoo import DemoBox, DemoEdit, DemoShift, pictures_in, read_plan

PLAN = """
[blend]
source = "photo-0.png"
reference = "photo-1.png"
box = { x = 16, y = 0, width = 16, height = 32 }

[transplant]
source = "photo-1.png"
reference = "photo-2.png"
box = { x = 8, y = 8, width = 8, height = 8 }
shift = { x = -4, y = 8 }

[interpolate]
start = "photo-2.png"
end = "photo-0.png"
"""
WRITTEN = ["blend.png", "interpolation.gif", "sheet.png", "transplant.gif", "transplant.png"]


@pytest.mark.usefixtures("photos")
@pytest.mark.parametrize("has_plan", [True, False])
def test_the_demo_edits_the_pictures_of_a_folder(run, model, has_plan):
    if has_plan:
        Path("demo.toml").write_text(PLAN)
    output = Path("new/demo")

    outcome = run("demo", "--pictures", ".", "--model", model, "-o", output)

    assert (outcome.code, outcome.err) == (0, "")
    assert sorted(path.name for path in output.iterdir()) == WRITTEN
    assert re.search(r"encode a photo: \d+\.\d ms, .* edit after that: \d+\.\d ms", outcome.out)
    assert f"Look at {output / 'sheet.png'}" in outcome.out
    assert f"stylemapgan studio --model {model}" in outcome.out
    with Image.open(output / "sheet.png") as sheet:
        assert sheet.width > 4 * 192
        assert sheet.height > 3 * 192


def test_the_demo_of_photographs_changes_them_at_full_resolution(run, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    squares = {
        "photo-0.png": (80, 70, 90),
        "photo-1.png": (100, 60, 80),
        "photo-2.png": (70, 70, 70),
    }
    lines = []
    for seed, (name, (x, y, side)) in enumerate(squares.items()):
        noise = np.random.default_rng(seed).integers(0, 256, (130, 200, 3), dtype=np.uint8)
        Image.fromarray(noise).filter(ImageFilter.GaussianBlur(4)).save(name)
        lines.append(f'["{name}"]\nx = {x}\ny = {y}\nside = {side}\n')
    Path("samples.toml").write_text("".join(lines))
    Path("demo.toml").write_text(PLAN)

    assert run("demo", "--pictures", ".", "--model", model, "-o", "out").code == 0

    before, after = (np.asarray(Image.open(path)) for path in ("photo-0.png", "out/blend.png"))
    assert after.shape == before.shape
    changed = (before != after).any(axis=-1)
    middle = np.zeros_like(changed)
    middle[25 - 12 : 115 + 12, 80 - 12 : 125 + 12] = True  # the square's right half, and its border
    assert changed[middle].any()
    assert not changed[~middle].any()
    with Image.open("out/sheet.png") as sheet:
        assert sheet.width > 4 * 512


def test_the_bundled_demo_pushes_a_photograph_along_a_direction(run, tmp_path):
    outcome = run("demo", "-o", tmp_path / "demo")
    assert (outcome.code, outcome.err) == (0, "")
    with Image.open(tmp_path / "demo" / "blend.png") as edited:
        assert edited.size == (1350, 1350)
    with Image.open(tmp_path / "demo" / "sheet.png") as sheet:
        assert sheet.height > 4 * 512  # blend, transplant, direction, interpolation


@pytest.mark.usefixtures("photos")
def test_a_plan_is_read_as_written():
    Path("demo.toml").write_text(PLAN)
    plan = read_plan(Path(), pictures_in(Path()), size=32)
    assert plan.transplant == DemoEdit(
        source="photo-1.png",
        reference="photo-2.png",
        box=DemoBox(x=8, y=8, width=8, height=8),
        shift=DemoShift(x=-4, y=8),
    )


@pytest.mark.usefixtures("photos")
@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("not toml", "demo.toml"),
        ("[blend]", "demo.toml"),
        (PLAN.replace("shift", "shfit"), "shfit"),
        (PLAN.replace("photo-1.png", "photo-9.png"), "photo-9.png"),
    ],
)
def test_a_plan_that_makes_no_sense_takes_one_line(run, model, plan, message):
    Path("demo.toml").write_text(plan)
    outcome = run("demo", "--pictures", ".", "--model", model, "-o", "demo")
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert message in outcome.err


def test_too_few_pictures_take_one_line(run, model, tmp_path):
    outcome = run("demo", "--pictures", tmp_path, "--model", model, "-o", tmp_path / "demo")
    assert outcome.code == 2
    assert "holds 0 pictures; a demo needs at least 2" in outcome.err
    outcome = run("demo", "--model", model, "-o", tmp_path / "demo")
    assert "has no sample pictures" in outcome.err


def test_a_folder_that_is_not_there_takes_one_line(run, model):
    outcome = run("demo", "--pictures", "no-folder", "--model", model)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "The folder of pictures no-folder does not exist" in outcome.err
