"""`stylemapgan prepare` from the outside."""

import os
import shlex
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from stylemapgan.data.sources import open_source


@pytest.fixture
def pictures(tmp_path):
    """Seventy pictures of noise, and one that is none."""
    folder = tmp_path / "my pictures"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for index in range(70):
        coarse = generator.integers(0, 256, (8, 8, 3)).astype(np.uint8)
        Image.fromarray(coarse).resize((40, 40)).save(folder / f"{index:02d}.png")
    (folder / "bad.jpg").write_text("<html>")
    return folder


def test_prepare_says_what_it_found_and_what_comes_next(run, pictures, tmp_path):
    out = tmp_path / "out"
    options = ("--size", 32, "--validation", 0.2, "--workers", 1)
    outcome = run("prepare", pictures, out, *options)
    assert outcome.code == 0, outcome.err
    counts = {part: len(open_source(out / part)) for part in ("train", "val")}
    assert sum(counts.values()) == 70
    found = f"71 pictures found: {counts['train']} train, {counts['val']} val, 1 skipped"
    assert found in outcome.out
    assert f"next: stylemapgan train {out}/train --validation {out}/val" in outcome.out
    assert "preparing: 0 of 71" in outcome.out
    assert "\x1b" not in outcome.out

    again = run("prepare", pictures, out, *options)
    assert again.code == 0
    assert f"{out} is already prepared." in again.out
    assert found in again.out


def test_the_command_that_comes_next_names_places_that_open(run, pictures, tmp_path):
    options = ("--into", "shards", "--shard-pictures", 20, "--validation", 0.2, "--workers", 1)
    outcome = run("prepare", pictures, tmp_path / "out", "--size", 32, *options)
    line = next(line for line in outcome.out.splitlines() if line.startswith("next: "))
    *_, train, _, validation = shlex.split(line)
    assert len(open_source(train)) + len(open_source(validation)) == 70


def test_an_empty_part_is_spoken_of(run, pictures, tmp_path):
    options = ("--size", 32, "--validation", 0.5, "--split-by", "folder", "--workers", 1)
    outcome = run("prepare", pictures, tmp_path / "out", *options)
    assert outcome.code == 0
    assert "The part val is empty" in outcome.out


def test_other_settings_get_one_line(run, pictures, tmp_path):
    run("prepare", pictures, tmp_path / "out", "--size", 32, "--workers", 1)
    outcome = run("prepare", pictures, tmp_path / "out", "--size", 64, "--workers", 1)
    assert outcome.code == 2
    assert "size 32 (now 64)" in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_stops_without_a_traceback_and_the_same_command_goes_on(
    run, pictures, tmp_path, workers
):
    for index in range(70, 1500):  # enough to be interrupted
        (pictures / f"{index}.png").hardlink_to(pictures / f"{index % 70:02d}.png")
    out = tmp_path / "out"
    arguments = ["prepare", str(pictures), str(out), "--size", "32", "--workers", str(workers)]
    command = [sys.executable, "-m", "stylemapgan", *arguments]
    # tests that run in the background ignore Ctrl-C, and so would what they start
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        while not list(out.glob(".prepare/chunks/*.npz")):
            assert process.poll() is None
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGINT)
        said, complained = process.communicate()
    assert process.returncode == 130
    assert "Run the same command to continue." in said
    assert complained == ""
    assert not (out / "train").exists()
    assert run(*arguments).code == 0
    assert len(open_source(out / "train")) > 1400
