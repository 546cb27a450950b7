"""Commands turn photo files into picture files, and say in one line what is wrong."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylemapgan import images
from stylemapgan.cli.edit_sheets import outline
from stylemapgan.editing import Editor
from stylemapgan.images.levels import from_bytes, to_bytes
from stylemapgan.machine.precision import choose, this_processor


@pytest.fixture
def editor(model) -> Editor:
    return Editor.load(model)


def pixels(path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_blend_writes_what_the_editor_makes(run, model, editor, photos):
    outcome = run(
        "blend", *photos[:2], "--box", "16,0,16,32", "--model", model,
        "-o", "out.png", "--sheet", "sheet.png",
    )  # fmt: skip

    assert outcome.code == 0
    assert outcome.out == "wrote out.png\nwrote sheet.png\n"
    source, reference = (images.read(photo, 32) for photo in photos[:2])
    expected = editor.blend_w_plus(source, reference, images.box_mask((16, 0, 16, 32), 32))
    np.testing.assert_array_equal(pixels("out.png"), to_bytes(expected)[0])
    assert pixels("sheet.png").shape[1] > 3 * 192


def test_blend_in_w_is_another_edit(run, model, editor, photos):
    Image.fromarray(np.eye(32, dtype=np.uint8) * 255).save("mask.png")
    run(
        "blend",
        *photos[:2],
        "--mask",
        "mask.png",
        "--space",
        "w",
        "--model",
        model,
        "-o",
        "out.png",
    )

    source, reference = (images.read(photo, 32) for photo in photos[:2])
    expected = editor.blend(source, reference, images.read_mask("mask.png", 32))
    np.testing.assert_array_equal(pixels("out.png"), to_bytes(expected)[0])


def test_transplant_shifts_right_then_down(run, model, editor, photos):
    outcome = run(
        "transplant", *photos[:2], "--box", "8,8,16,8", "--shift", "-4,8", "--strength", 0.5,
        "--model", model, "-o", "out.png", "--sheet", "sheet.png",
    )  # fmt: skip

    assert outcome.code == 0
    source, reference = (images.read(photo, 32) for photo in photos[:2])
    mask = images.box_mask((8, 8, 16, 8), 32)
    expected = editor.transplant(source, reference, mask, shift=(8, -4), strength=0.5)
    np.testing.assert_array_equal(pixels("out.png"), to_bytes(expected)[0])
    assert Path("sheet.png").exists()


@pytest.mark.parametrize("command", ["interpolate", "transplant"])
@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_animations_go_back_and_forth(run, model, photos, command, suffix):
    steps = {"interpolate": ["--steps", 5], "transplant": ["--morph", 5, "--box", "0,0,32,32"]}
    outcome = run(command, *photos[:2], *steps[command], "--model", model, "-o", f"out{suffix}")
    assert outcome.code == 0
    with Image.open(f"out{suffix}") as animation:
        assert animation.n_frames == 8  # 0 1 2 3 4 3 2 1  # pyright: ignore


@pytest.mark.parametrize(
    "arguments",
    [
        "interpolate photo-0.png photo-1.png --steps 3",
        "transplant photo-0.png photo-1.png --box 0,0,32,32 --morph 3",
        "mix photo-0.png photo-1.png",
        "reconstruct photo-0.png",
        "reconstruct photo-0.png photo-1.png photo-2.png",
        "generate --count 5 --psi 0.5 --seed 3",
        "generate --count 1 --precision bf16-mixed",
    ],
)
@pytest.mark.usefixtures("photos")
def test_every_command_writes_a_picture(run, model, arguments):
    outcome = run(*arguments.split(), "--model", model, "-o", "out.jpg")
    assert (outcome.code, outcome.err) == (0, "")
    assert min(pixels("out.jpg").shape[:2]) >= 32


def test_photos_and_reconstructions_go_on_a_sheet(run, model, editor, photos):
    run("reconstruct", *photos, "-o", "out.png", "--sheet", "sheet.png", "--model", model)
    parts = np.split(pixels("out.png"), 3, axis=1)
    for part, photo in zip(parts, photos, strict=True):
        expected = editor.reconstruct(images.read(photo, 32))
        np.testing.assert_array_equal(part, to_bytes(expected)[0])
    assert pixels("sheet.png").shape[0] > 2 * 192


def test_who_sits_at_a_terminal_is_told_what_computes(run, model, editor, photos, monkeypatch):
    given = ["blend", *photos[:2], "--box", "0,0,8,8", "--model", model, "-o", "out.png"]
    assert run(*given).out == "wrote out.png\n"  # other programs read this
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(*given).out == f"{editor.what_computes}\nwrote out.png\n"
    named = run(*given, "--precision", "32-true").out
    assert re.fullmatch(r"cpu \(.+\), \d+ threads?, precision 32-true\nwrote out.png\n", named)
    bundled = run("reconstruct", photos[0], "--model", "hands-64", "-o", "out.png").out
    assert bundled == "wrote out.png\n"  # ONNX Runtime leaves nothing to choose


def test_info_tells_what_computes_here(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    outcome = run("info", "--machine")
    assert (outcome.code, outcome.err) == (0, "")
    chosen = choose("auto")
    for fact in (
        this_processor().kind,
        f"{chosen.precision}: {chosen.reason}",
        torch.__version__,
        version("onnxruntime"),
        str(torch.get_num_threads()),
    ):
        assert fact in outcome.out


def test_mixes_go_on_a_sheet(run, model, photos):
    run("mix", *photos[:2], "-o", "out.png", "--sheet", "sheet.png", "--model", model)
    assert pixels("sheet.png").shape[1] > 4 * 192


def test_info_tells_what_the_card_tells(run, model):
    outcome = run("info", model)
    assert outcome.code == 0
    for fact in ("1,234", "Apache-2.0", "Nothing at all", "image size"):
        assert fact in outcome.out


def box(*arguments: object) -> list[object]:
    return ["--box", "0,0,8,8", *arguments]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "Give one part to take: either --mask or --box"),
        (box("--mask", "black.png"), "Give one part to take: either --mask or --box"),
        (["--mask", "black.png"], "black everywhere"),
        (["--mask", "text.png"], "text.png"),
        (["--box", "8,8,16"], "expected x,y,width,height in whole pixels"),
        (["--box", "8,8,16,x"], "expected x,y,width,height in whole pixels"),
        (["--box", "20,20,16,16"], "outside the model's image of 32x32"),
        (box("--model", "fish-64"), "Unknown model 'fish-64'"),
        (box("--model", "text.png"), "not a safetensors file"),
        (box("--device", "abacus"), "cannot use the device 'abacus'"),
        (box("-o", "nowhere/out.png"), "no folder nowhere"),
        (box("-o", "out.xyz"), "out.xyz cannot be written"),
    ],
)
def test_mistakes_take_one_line(run, model, photos, options, message):
    Path("text.png").write_text("no picture")
    Image.new("L", (32, 32)).save("black.png")
    before = sorted(Path().iterdir())

    chosen = [] if "--model" in options else ["--model", model]
    outcome = run("blend", *photos[:2], *chosen, *options)

    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert message in outcome.err
    assert sorted(Path().iterdir()) == before


@pytest.mark.usefixtures("photos")
def test_a_photo_that_is_none_takes_one_line(run, model):
    Path("text.jpg").write_text("no picture")
    outcome = run("reconstruct", "text.jpg", "--model", model)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert "text.jpg" in outcome.err


def test_a_command_is_silent_about_pytorch(model, tmp_path):
    command = [sys.executable, "-W", "error", "-m", "stylemapgan", "generate", "--count", "2"]
    result = subprocess.run(
        [*command, "--model", model, "-o", tmp_path / "out.png"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_outlines_follow_the_inner_border_of_a_mask():
    mask = images.box_mask((2, 3, 4, 5), 16)
    picture = from_bytes(np.full((1, 16, 16, 3), 128, np.uint8))
    changed = (outline(picture, mask) != picture).any(axis=(0, 1))

    expected = np.zeros((16, 16), bool)
    expected[3:8, 2:6] = True
    expected[4:7, 3:5] = False
    np.testing.assert_array_equal(changed, expected)


def test_photos_of_phones_and_deep_masks_are_read_and_results_are_written_as_png(
    run, model, editor, photos
):
    samples = Path(__file__).parent.parent / "data" / "pictures"
    phone = samples / "phone.heic"
    Image.open(photos[0]).save("other.avif", quality=90)
    ramp = np.linspace(0, 1, 32, dtype=np.float32)[None].repeat(32, axis=0)
    Image.fromarray(ramp).save("mask.tif")
    Image.fromarray(ramp * 255).save("wide.tif")
    options = ("--mask", "mask.tif", "--model", model)

    outcome = run("blend", phone, "other.avif", *options, "-o", "out.png")
    assert (outcome.code, outcome.err) == (0, "")
    read = images.read(phone, 32), images.read("other.avif", 32), images.read_mask("mask.tif", 32)
    np.testing.assert_array_equal(pixels("out.png"), to_bytes(editor.blend_w_plus(*read))[0])

    outcome = run("blend", phone, "other.avif", *options, "--photo", "-o", "whole.jpg")
    assert outcome.code == 0
    assert pixels("whole.jpg").shape == (128, 192, 3)

    for extra in ((), ("--photo",)):
        outcome = run("blend", phone, "other.avif", *options, *extra, "-o", "out.heic")
        assert outcome.code != 0
        lines = [line for line in outcome.err.splitlines() if not line.startswith("warning")]
        assert len(lines) == 1
        assert "use .png, .jpg, .jpeg, .webp" in lines[0]
    outcome = run("blend", "wide.tif", "other.avif", *options)
    assert outcome.code != 0
    assert outcome.err.count("\n") == 1
    assert "wide.tif holds numbers from 0 to 255" in outcome.err
