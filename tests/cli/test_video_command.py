"""`stylemapgan video` from the outside."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.clips.clip_files import write_clip
from PIL import Image


@pytest.fixture
def clip(tmp_path) -> Path:
    random = np.random.default_rng(0)
    frames = [random.integers(0, 256, (32, 48, 3)).astype(np.uint8) for _ in range(4)]
    write_clip(tmp_path / "clip.mp4", frames, Fraction(10))
    return tmp_path / "clip.mp4"


@pytest.fixture
def reference(tmp_path) -> Path:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "reference.png")
    return tmp_path / "reference.png"


@pytest.fixture
def command(run, clip, model) -> Callable[..., Any]:
    """Edits the clip with the smallest model."""

    def edit(*options: object) -> Any:
        return run("video", clip, *options, "--model", model, "--find", "middle")

    return edit


def test_a_clip_is_edited(command, reference, tmp_path):
    out = tmp_path / "out.mp4"
    outcome = command("--reference", reference, "--box", "4,4,8,8", "-o", out)
    assert outcome.code == 0, outcome.err
    assert out.exists()
    assert f"wrote {out}: 4 frames edited, " in outcome.out


def test_a_mask_in_a_file_works_too(command, reference, tmp_path):
    mask, out = tmp_path / "mask.png", tmp_path / "out.webp"
    Image.fromarray(np.eye(32, dtype=np.uint8) * 255).save(mask)
    outcome = command("--reference", reference, "--mask", mask, "-o", out)
    assert outcome.code == 0, outcome.err
    assert out.exists()


def test_an_edit_in_a_file_brings_its_own_reference(command, reference, tmp_path):
    edit = tmp_path / "edit.json"
    part = {"reference": reference.name, "mask": {"box": [4, 4, 8, 8]}}
    edit.write_text(json.dumps({"parts": [part]}))
    named, direct = tmp_path / "named.webp", tmp_path / "direct.webp"
    assert command("--edit", edit, "-o", named, "--no-tag").code == 0
    box = ("--reference", reference, "--box", "4,4,8,8")
    assert command(*box, "-o", direct, "--no-tag").code == 0
    assert named.read_bytes() == direct.read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "Give one edit: either --part, --mask or --box, or --edit."),
        (["--box", "4,4,8,8"], "need --reference"),
        (["--box", "4,4,8,8", "--part", "mouth"], "Give one edit"),
        (["--edit", "edit.json", "--reference", "reference.png"], "leave --reference out"),
    ],
)
def test_one_edit_is_needed(command, tmp_path, options, message):
    outcome = command(*options, "-o", tmp_path / "out.mp4")
    assert outcome.code == 2
    assert message in outcome.err


def test_an_output_of_an_unknown_kind_is_refused(command, reference, tmp_path):
    out = tmp_path / "out.avi"
    outcome = command("--reference", reference, "--box", "4,4,8,8", "-o", out)
    assert outcome.code == 2
    assert ".mp4, .mkv, .webm, .mov, .gif, .webp" in outcome.err


def test_ctrl_c_says_how_to_continue(command, reference, tmp_path, monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("stylemapgan.cli.video.edit_clip", interrupted)
    with pytest.raises(SystemExit) as exit_:
        command("--reference", reference, "--box", "4,4,8,8", "-o", tmp_path / "out.mp4")
    assert exit_.value.code == 130
