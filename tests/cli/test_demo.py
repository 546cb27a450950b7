"""The demo shows three edits and says what to do next."""

import re
from pathlib import Path

import pytest
from PIL import Image

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
    assert "stylemapgan blend" in outcome.out
    with Image.open(output / "sheet.png") as sheet:
        assert sheet.width > 5 * 192
        assert sheet.height > 3 * 192


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
