"""A run's report shows what its folder holds, in one file of moderate size."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from stylemapgan import images
from stylemapgan.config import DataConfig, RunConfig, TrainConfig, preset, to_toml
from stylemapgan.errors import TrainingError
from stylemapgan.pages import Chart
from stylemapgan.training.report import write_report
from stylemapgan.training.report.curves import BINS, binned, charts
from stylemapgan.training.report.history import Curve, History, read_history
from stylemapgan.training.report.run_page import duration


@pytest.fixture
def run(tmp_path) -> Path:
    """A folder as a run leaves it, with a journal of 400 lines."""
    folder = tmp_path / "discs"
    (folder / "samples").mkdir(parents=True)
    training = TrainConfig(images=40_000, adversarial_from=16_000, cooldown=8_000)
    data = DataConfig(licence="CC0-1.0", statement="Drawn <discs>")
    config = RunConfig(model=preset("tiny-32").model, training=training, data=data)
    (folder / "config.toml").write_text(to_toml(config), encoding="utf-8")
    write_journal(folder, 400)
    sheet = np.random.default_rng(0).uniform(-1, 1, (1, 3, 200, 300)).astype(np.float32)
    for seen in range(2_000, 32_001, 2_000):
        images.write(folder / "samples" / f"{seen:09d}.png", sheet)
    return folder


def write_journal(folder: Path, looks: int) -> None:
    machine = {"device": "a <fast> laptop", "processes": "2"}
    phases = {"adversarial": 16_000, "cooldown": 32_000}
    lines = [{"images": 0, "machine": machine, "phases": phases}]
    for look in range(1, looks + 1):
        error = 0.01 + 0.1 * math.exp(-4 * look / looks)
        names = ("d/real", "d/generated", "d/reconstructed", "d/sign_real", "g/adversarial")
        losses = dict.fromkeys(names, error * 10) | {"e/reconstruction": error, "new/loss": 1}
        rates = {"generator": 0.5}
        speed = {"images_per_second": 8, "learning_rates": rates}
        lines.append({"images": look * 80, "losses": losses, **speed})
        if look % 100 == 0:
            lines.append({"images": look * 80, "validation": {"mse": error, "sharpness": 0.7}})
    (folder / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def read(page: Path) -> ElementTree.Element:
    return ElementTree.fromstring(page.read_text("utf-8"))


def text_of(page: Path) -> str:
    return " ".join(" ".join(read(page).itertext()).split())


def test_a_report_tells_how_far_how_fast_and_on_what(run):
    write_report(run, run / "report.html")
    text = text_of(run / "report.html")
    for fact in (
        "Run discs",
        "32,000 of 40,000",
        "80% done",
        "1 h 07 min",  # 32,000 images at 8 a second
        "17 min",  # for the 8,000 that are left
        "8.0 images/s",
        "CC0-1.0",
        "Drawn <discs>",
        "a <fast> laptop",
        "adversarial_from = 16000",
    ):
        assert fact in text, fact


def test_a_report_draws_every_loss_even_one_it_does_not_know(run):
    write_report(run, run / "report.html")
    items = read(run / "report.html").iter("li")
    legends = ["".join(item.itertext()).strip() for item in items]
    for name in ("d/real", "g/adversarial", "new/loss", "training", "validation"):
        assert any(legend.startswith(name) for legend in legends), name


def test_the_newest_sheet_comes_first_and_others_are_spread_over_the_run(run):
    write_report(run, run / "report.html")
    captions = re.findall(r'alt="After ([\d,]+) images"', (run / "report.html").read_text("utf-8"))
    seen = [int(caption.replace(",", "")) for caption in captions]
    assert seen[0] == 32_000
    assert seen[1] == 2_000
    assert seen[-1] == 30_000
    assert seen[1:] == sorted(set(seen[1:]))
    assert len(seen) == 9


def test_a_long_run_makes_no_large_page(run):
    write_report(run, run / "short.html")
    write_journal(run, 20_000)
    write_report(run, run / "long.html")
    short, long = ((run / name).read_text("utf-8") for name in ("short.html", "long.html"))
    assert len(long) < 1.5 * len(short)
    assert all(len(svg) < 60_000 for svg in re.findall(r"<svg.*?</svg>", long, flags=re.DOTALL))


def test_bins_hold_the_mean_and_most_values_of_the_points_in_them():
    y = np.random.default_rng(0).normal(size=10 * BINS)
    x = np.arange(10.0 * BINS)
    series = binned("noise", Curve(x, y))
    np.testing.assert_allclose(series.y, y.reshape(BINS, 10).mean(axis=1))
    np.testing.assert_allclose(series.x, x.reshape(BINS, 10).mean(axis=1))
    low, high = np.repeat(series.low, 10), np.repeat(series.high, 10)
    assert ((low <= y) & (y <= high)).mean() == pytest.approx(0.8)


def test_phases_and_learning_rates_are_those_of_the_journal(run):
    write_report(run, run / "report.html")
    charts = [chart.title for chart in history_charts(run)]
    assert "Learning rates" in charts
    for chart in history_charts(run):
        assert chart.marks == {"adversarial": 16_000, "cooldown": 32_000}
    (rates,) = [chart for chart in history_charts(run) if chart.title == "Learning rates"]
    assert [(line.label, set(line.y)) for line in rates.series] == [("generator", {0.5})]


def test_a_journal_without_them_has_neither(run):
    lines = (run / "journal.jsonl").read_text("utf-8").splitlines()
    kept = [json.loads(line) for line in lines]
    for entry in kept:
        for key in ("phases", "learning_rates"):
            entry.pop(key, None)
    (run / "journal.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in kept))
    assert "Learning rates" not in [chart.title for chart in history_charts(run)]
    assert not any(chart.marks for chart in history_charts(run))


def history_charts(run: Path) -> list[Chart]:
    return charts(read_history(run))


def test_time_is_summed_from_every_stretch_at_its_own_speed():
    entries = [
        {"images": 100, "losses": {}, "images_per_second": 10.0},
        {"images": 400, "losses": {}, "images_per_second": 100.0},
        {"images": 500, "losses": {}, "images_per_second": 0.0},  # too quick to be measured
    ]
    assert History(RunConfig(), entries).seconds == pytest.approx(100 / 10 + 300 / 100)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3.0, "under a minute"),
        (600.0, "10 min"),
        (3665.0, "1 h 01 min"),
        (266_400.0, "3 days 2 h"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds, said):
    assert duration(seconds) == said


def test_a_run_without_samples_and_validation_still_has_a_report(run):
    for sheet in (run / "samples").iterdir():
        sheet.unlink()
    write_journal(run, 20)
    write_report(run, run / "report.html")
    assert "Samples" not in text_of(run / "report.html")


def test_a_folder_that_is_no_run_is_refused_in_one_line(tmp_path):
    with pytest.raises(TrainingError, match=r"does not hold a run: config\.toml is missing"):
        read_history(tmp_path)


def test_a_run_that_has_written_nothing_yet_is_refused_in_one_line(run):
    (run / "journal.jsonl").unlink()
    with pytest.raises(TrainingError, match="has no losses yet"):
        read_history(run)


def test_a_report_needs_no_pytorch():
    program = "import sys, stylemapgan.cli.report; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
