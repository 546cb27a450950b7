"""Every method of the comparison is tuned alike: three learning rates, a tenth of the training."""

import dataclasses
import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image

from stylemapgan.errors import DataError
from stylemapgan.methods.recipes import recipe_for
from stylemapgan.training.recipe import new_state

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


@pytest.fixture
def data(tmp_path) -> Path:
    """Random pictures in the place of portraits."""
    random = np.random.default_rng(0)
    for part, count in (("train", 6), ("val", 2)):
        folder = tmp_path / "data" / "faces-64" / part
        folder.mkdir(parents=True)
        for number in range(count):
            pixels = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "data"


def test_each_method_gets_three_trials_of_a_tenth_of_its_training():
    from benchmarks.rivals.budgets import BUDGETS, configure
    from benchmarks.rivals.cells import MethodName
    from benchmarks.rivals.tuning import all_trials, configure_trial

    trials = all_trials()
    assert len({trial.name for trial in trials}) == len(trials) == 3 * len(get_args(MethodName))
    for trial in trials:
        whole = configure(trial.cell, BUDGETS["cpu"], Path("data"))
        short = configure_trial(trial, BUDGETS["cpu"], Path("data"))
        assert short.training.images == whole.training.images // 10
        assert short.training.learning_rate_factor == trial.factor
        assert short.method == whole.method


def test_the_bench_trains_with_a_rate_whose_trial_was_among_the_best():
    """Errors that differ by less than a twentieth count as equal."""
    from benchmarks.rivals.budgets import RATE_FACTORS, TURNED_DOWN
    from benchmarks.rivals.tuning import read_tried

    chosen: dict[str, float] = {str(method): factor for method, factor in RATE_FACTORS.items()}

    errors: dict[str, dict[float, float]] = {}
    for tried in read_tried(ROOT / "benchmarks" / "rivals" / "cpu" / "tuning"):
        errors.setdefault(tried.method, {})[tried.factor] = tried.mse
    assert errors.keys() >= chosen.keys()
    failed: dict[str, float] = {str(method): factor for method, factor in TURNED_DOWN.items()}
    for method, found in errors.items():
        others = [error for factor, error in found.items() if factor != failed.get(method)]
        assert found[chosen.get(method, 1.0)] < 1.05 * min(others), method


def test_a_trial_is_judged_by_reconstructions_of_training_photos(data):
    from benchmarks.rivals.tuning import judge

    from stylemapgan.methods.abstract import Latent

    class Grey:
        """Turns every photo into the same grey."""

        class capabilities:  # noqa: N801 - as methods name it
            needs_label_map = False

        def encode(self, images):
            return Latent({"images": images})

        def decode(self, latent):
            return np.zeros_like(latent.arrays["images"])

    pixels = [np.asarray(Image.open(data / f"faces-64/train/{n}.png")) for n in range(6)]
    expected = np.square(np.stack(pixels) / 127.5 - 1).mean()
    assert judge(Grey(), data / "faces-64", 32) == pytest.approx(expected, rel=1e-4)  # type: ignore


def test_the_table_has_a_row_for_each_method_and_a_column_for_each_rate(tmp_path):
    from benchmarks.rivals.tuning import read_tried, tuning_to_markdown

    values = {"method": "alae", "data": "faces-64", "images": 10}
    for factor, mse in ((0.5, 0.25), (2.0, 0.125)):
        path = tmp_path / f"faces-64-alae-rate-{factor:g}.json"
        path.write_text(json.dumps({**values, "factor": factor, "mse": mse, "starts": []}))
    text = tuning_to_markdown(read_tried(tmp_path))
    assert "| method | data | rate x0.5 | rate x1 | rate x2 |" in text
    assert "| alae | faces-64 | 0.250 | - | 0.125 |" in text
    path.write_text("{}")
    with pytest.raises(DataError, match="try again"):
        read_tried(tmp_path)


def test_each_trial_of_a_method_has_other_learning_rates():
    """Some methods take theirs from their papers, whatever the configuration's rates are."""
    from benchmarks.rivals.budgets import BUDGETS
    from benchmarks.rivals.tuning import all_trials, configure_trial

    rates: dict[str, dict[float, list[float]]] = {}
    for trial in all_trials():
        config = configure_trial(trial, BUDGETS["tiny"], Path("data"))
        vector = dataclasses.replace(config.vector, parts=("background", "face"))
        config = dataclasses.replace(config, vector=vector)
        state = new_state(recipe_for(config), config, torch.device("cpu"))
        groups = [group for each in state.optimizers for group in each.param_groups]
        rates.setdefault(trial.method, {})[trial.factor] = [group["lr"] for group in groups]
    for of_method in rates.values():
        for factor, found in of_method.items():
            assert found == pytest.approx([factor * rate for rate in of_method[1.0]])


@pytest.mark.slow
def test_a_method_is_tuned_by_one_command_which_repeats_nothing(data, tmp_path):
    from benchmarks.rivals.command import run
    from benchmarks.rivals.tuning import FACTORS, read_tried

    command = ["tune", "--output", str(tmp_path), "--data", str(data), "--budget", "tiny"]
    assert run([*command, "--methods", "bigan"]) == 0
    tried = read_tried(tmp_path / "results" / "tuning")
    assert [each.factor for each in tried] == list(FACTORS)
    assert all(np.isfinite(each.mse) for each in tried)
    times = [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*.json"))]
    assert run([*command, "--methods", "bigan"]) == 0
    assert [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*.json"))] == times
