"""`stylemapgan evaluate` measures, `stylemapgan compare` puts measurements side by side."""

import csv
import json
import re
import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan.cli.compare import app as compare_app
from stylemapgan.errors import ConfigError

QUICK = ("--tasks", "reconstruction,local-editing", "--edits", 3)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Four pictures of two colours, each with a soft border between them."""
    folder = tmp_path_factory.mktemp("data") / "spots"
    folder.mkdir()
    ramp = np.linspace(0, 1, 32)[:, None]
    for number, (one, other) in enumerate(np.random.default_rng(0).uniform(0, 255, (4, 2, 3))):
        rows = np.round(one + ramp * (other - one)).astype(np.uint8)
        Image.fromarray(np.repeat(rows[:, None], 32, axis=1)).save(folder / f"{number}.png")
    return folder


def compare(*arguments: object) -> None:
    tokens = [str(argument) for argument in arguments]
    compare_app(tokens, exit_on_error=False, print_error=False, result_action="return_value")


@pytest.fixture(scope="module")
def measured(model, data, tmp_path_factory) -> Path:
    """The folder of a comparison, whose first model comes from a folder `evaluate` wrote."""
    from stylemapgan.cli.main import main

    folder = tmp_path_factory.mktemp("reports")
    arguments = ["evaluate", model, data, "--output", folder / "one", *QUICK]
    assert main([str(argument) for argument in arguments]) == 0
    again = folder / "again.safetensors"
    shutil.copy(model, again)
    compare(folder / "one", again, "--data", data, "--output", folder / "both", *QUICK)
    return folder


def test_an_evaluation_leaves_a_page_a_table_and_the_same_figures_in_both(measured):
    html = (measured / "one" / "report.html").read_text("utf-8")
    table = (measured / "one" / "figures.csv").read_text("utf-8")
    lines = list(csv.DictReader(StringIO(table)))
    told = json.loads((measured / "one" / "tasks" / "reconstruction.json").read_text())
    figures = [figure for figure in told["figures"] if figure["name"] == "mse"]
    (line,) = [line for line in lines if line["name"] == "mse"]
    assert float(line["value"]) == figures[0]["value"] > 0
    shown = re.findall(r"MSE.↓.*?<strong>([\d.]+)</strong>", html, re.DOTALL)
    assert float(shown[0]) == pytest.approx(figures[0]["value"], abs=0.006)
    assert not re.findall(r'(?:src|href)="http', html)


def test_a_second_evaluation_measures_nothing_again(run, model, data, measured):
    written = (measured / "one" / "tasks" / "reconstruction.json").stat().st_mtime_ns
    outcome = run("evaluate", model, data, "--output", measured / "one", *QUICK)
    assert outcome.code == 0, outcome.err
    assert (measured / "one" / "tasks" / "reconstruction.json").stat().st_mtime_ns == written
    assert f"wrote {measured / 'one' / 'report.html'}" in outcome.out
    assert "MSE" in outcome.out


def test_equal_weights_have_no_winner(measured):
    told = json.loads((measured / "both" / "compare.json").read_text("utf-8"))
    assert len(told["figures"]) > 5
    assert not [figure for figure in told["figures"] if figure["winner"]]
    for figure in told["figures"]:
        if figure["paired"]:
            (apart,) = figure["differences"].values()
            assert (apart["low"], apart["value"], apart["high"]) == (0, 0, 0)
    assert (measured / "both" / "again" / "evaluation.json").is_file()
    html = (measured / "both" / "compare.html").read_text("utf-8")
    assert not re.findall(r'(?:src|href)="http', html)


def test_a_measured_folder_needs_no_data(measured, tmp_path, capsys):
    folders = [measured / "one", measured / "both" / "again"]
    compare(*folders, "--output", tmp_path / "c")
    assert (tmp_path / "c" / "compare.html").is_file()
    assert "Main figures" in capsys.readouterr().out


def test_a_model_that_is_not_measured_needs_data(measured, model, tmp_path):
    with pytest.raises(ConfigError, match="with --data FOLDER"):
        compare(measured / "one", model, "--output", tmp_path)
    with pytest.raises(ConfigError, match="at least 2"):
        compare(model, "--output", tmp_path)


def test_what_cannot_be_asked_is_left_out_with_its_reason(run, model, data, tmp_path):
    tasks = ("--tasks", "reconstruction,swap", "--photos", 3)
    outcome = run("evaluate", model, data, "--output", tmp_path, *tasks)
    assert outcome.code == 0, outcome.err
    assert "left out swap:" in outcome.out
    assert not (tmp_path / "tasks" / "swap.json").exists()


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--tasks", "beauty", "no task 'beauty'"),
        ("--photos", -1, "photos must be 0 or a positive number"),
        ("--engine", "onnx", "has no ONNX files"),
    ],
)
def test_wrong_settings_take_one_line(run, measured, flag, value, said):
    folder = measured / "refused"
    again, data = measured / "again.safetensors", measured / "both"
    outcome = run("evaluate", again, data, "--output", folder, flag, value)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
    assert not folder.exists()
