"""`stylemapgan train` trains, tells what it does, and can be stopped and resumed."""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from stylemapgan.checkpoints import read
from stylemapgan.cli.bars import Bar
from stylemapgan.cli.main import main
from stylemapgan.cli.train import show_training
from stylemapgan.config import preset, read_toml
from stylemapgan.methods.runs import resume
from stylemapgan.training.loop import Progress
from stylemapgan.training.run_folder import RunFolder

TINY = ["--preset", "tiny-32", "--batch", "4"]


@pytest.fixture(autouse=True, scope="module")
def _cache_of_its_own(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """A folder of eight gradients."""
    folder = tmp_path_factory.mktemp("pictures")
    ramp = np.linspace(0, 255, 40 * 40).reshape(40, 40)
    for index in range(8):
        pixels = np.stack([np.roll(ramp, 150 * index * c) for c in (1, 2, 3)], axis=-1)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
    return folder


@pytest.fixture
def untidy(pictures, tmp_path) -> Path:
    """The same, and a file that is no picture but says it is one."""
    folder = tmp_path / "untidy"
    shutil.copytree(pictures, folder)
    (folder / "[draft] notes.png").write_text("no picture")
    return folder


def test_training_writes_a_run_and_says_where(run, pictures, untidy, tmp_path):
    folder = tmp_path / "a run with [brackets]"
    outcome = run(
        *["train", untidy, *TINY, "--images", 8, "--run", folder, "--validation", pictures],
        *["--licence", "CC0-1.0", "--statement", "Gradients", "--weights.perceptual", 0.5],
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert f"Done: {folder}/snapshots/000000008.safetensors\n" in outcome.out
    assert "skipped [draft] notes.png: " in outcome.out
    assert "training: 8 of 8" in outcome.out

    written = read_toml(folder / "config.toml")
    assert written.model == preset("tiny-32").model
    assert (written.training.images, written.training.batch) == (8, 4)
    assert written.training.weights.perceptual == 0.5
    assert written.data.photos == str(untidy)
    assert read(folder / "snapshots" / "000000008.safetensors").licence == "CC0-1.0"

    outcome = run("train", "--resume", folder)
    assert (outcome.code, outcome.err) == (0, "")
    assert "Done: " in outcome.out


def test_unusable_validation_pictures_are_named_too(run, untidy, tmp_path):
    others = tmp_path / "others"
    others.mkdir()
    Image.new("RGB", (40, 40), "teal").save(others / "good.png")
    (others / "bad.png").write_text("no picture")
    folder = tmp_path / "run"
    outcome = run(*["train", untidy, *TINY, "--images", 4, "--run", folder, "--validation", others])
    assert outcome.code == 0
    assert outcome.out.count("skipped [draft] notes.png") == 1
    assert outcome.out.count("skipped bad.png") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none"], "none does not exist"),
        ([], "Nothing to train on"),
        (["--resume", "none"], "none cannot be resumed"),
        (["--resume", "none", "--batch", "8"], "leave out --batch"),
        ([".", "--run", "."], ". is not empty"),
        (["empty"], "empty holds no pictures"),
        ([".", "--batch", "7"], "multiple of 4"),
        ([".", "--preset", "huge"], "Unknown preset 'huge'"),
        (["broken"], "broken"),
    ],
)
def test_what_cannot_be_trained_fails_in_one_line(run, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.png").write_text("no picture")
    outcome = run("train", *arguments)
    assert outcome.code == 2
    assert outcome.err.startswith("error: ")
    assert told in outcome.err
    assert outcome.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_a_run_that_breaks_fails_in_one_line_and_names_the_way_on(run, pictures, tmp_path):
    outcome = run(
        *["train", pictures, *TINY, "--learning-rate", 1e30, "--snapshot-every", 4],
        *["--run", tmp_path / "run"],
    )
    assert outcome.code == 2
    assert outcome.err.startswith("error: Update ")
    assert "--resume" in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    "number",  # tests of `stopping` raise each of them
    [
        signal.SIGINT,
        *(pytest.param(n, marks=pytest.mark.slow) for n in (signal.SIGHUP, signal.SIGTERM)),
    ],
)
def test_signals_save_the_run_and_end_it_well(pictures, tmp_path, number):
    folder = tmp_path / "run"
    arguments = [*TINY, "--images", "100000", "--snapshot-every", "4", "--precision", "bf16-mixed"]
    command = [sys.executable, "-W", "error", "-m", "stylemapgan", "train", str(pictures)]
    with subprocess.Popen(
        [*command, *arguments, "--run", str(folder)],
        env=os.environ | {"COLUMNS": "40"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not (folder / "state" / "latest.pt").exists() and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate()

    assert (process.returncode, err) == (0, "")
    state = RunFolder(folder).load_state()
    assert state is not None
    seen = state["images_seen"]
    assert f"Stopped and saved at {seen:,} of 100,000 images. " in out
    assert f"stylemapgan train --resume {folder}\n" in out
    assert (folder / "snapshots" / f"{seen:09d}.safetensors").is_file()
    assert resume(folder).state.images_seen == seen


def closed_pipe() -> TextIO:
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "w", encoding="utf-8")


UNFIT = {
    "a closed pipe": closed_pipe,
    "a full disk": lambda: Path("/dev/full").open("w", encoding="utf-8"),  # noqa: SIM115
    "another encoding": lambda: io.TextIOWrapper(io.BytesIO(), encoding="ascii"),
    "none at all": lambda: None,
}


@pytest.mark.parametrize("place", UNFIT)
def test_output_that_cannot_be_written_costs_no_training(pictures, tmp_path, monkeypatch, place):
    if place == "a full disk" and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    folder = tmp_path / "läuft"
    stream = UNFIT[place]()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        arguments = ["train", str(pictures), *TINY, "--images", "8", "--run", str(folder)]
        assert main(arguments) == 0
    state = RunFolder(folder).load_state()
    assert state is not None
    assert state["images_seen"] == 8
    assert [set(entry) & {"warning"} for entry in RunFolder(folder).journal.entries()][1:] == [
        set()
    ]
    if place == "another encoding":
        stream.flush()
        assert b"Done: " in stream.buffer.getvalue()
        assert b"l\\xe4uft/snapshots" in stream.buffer.getvalue()
    elif stream is not None:
        with contextlib.suppress(OSError):
            stream.close()


def test_a_reader_that_leaves_does_not_change_the_exit_code(pictures, tmp_path):
    """`train ... | head -1`: Python would end with 120 where it cannot flush its output."""
    command = [sys.executable, "-m", "stylemapgan", "train", str(pictures), *TINY]
    with subprocess.Popen(
        [*command, "--images", "80", "--run", str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = iter(process.stdout.readline, b"")
        assert any(b"precision 32-true" in line for line in lines)
        assert next(lines).startswith(b"training: ")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
    assert (tmp_path / "run" / "snapshots" / "000000080.safetensors").is_file()


def test_a_log_file_gets_a_line_now_and_then(capsys):
    losses = {"d/real": 0.6931, "e/reconstruction": 0.0421}
    with Bar(Console(width=40)) as bar:
        bar.show("unpacking photos", 3, 8)
        show_training(bar, Progress(4_000, 100_000, 31.25, losses))
        show_training(bar, Progress(4_008, 100_000, 31.25, losses))
    out, err = capsys.readouterr()
    assert err == ""
    photos = "unpacking photos: 3 of 8"
    training = "training: 4,000 of 100,000  31.2 images/s  d/real 0.693  e/reconstruction 0.042"
    assert out == f"{photos}\n{training}\n"


def test_a_terminal_gets_a_bar_with_speed_time_and_losses():
    console = Console(width=200, force_terminal=True, record=True, _environ={"TERM": "xterm"})
    with console.capture() as capture, Bar(console) as bar:
        bar.show("unpacking photos", 3, 8)
        bar.show("unpacking photos", 8, 8)
        show_training(bar, Progress(4_000, 100_000, 31.25, {"d/real": 0.6931}))
    shown = capture.get()
    assert "4000/100000" in shown
    assert "d/real 0.693" in shown
    assert "training" in shown
