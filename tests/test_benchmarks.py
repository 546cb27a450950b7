"""The benchmarks run, and their numbers can be trusted to mean what they say."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from stylemapgan.machine.precision import this_processor

ROOT = Path(__file__).parents[1]
TIMING = {"p50", "p95", "repeats"}


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


def run(arguments: Sequence[str]) -> int:
    from benchmarks.command import run

    return run(arguments)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a quick run's results."""
    folder = tmp_path_factory.mktemp("bench")
    files = ["--output", str(folder / "bench.json"), "--markdown", str(folder / "bench.md")]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.syspath_prepend(ROOT)
        code = run(["--quick", "--presets", "tiny-32", "--compare-at", "tiny-32", *files])
    assert code == 0
    return folder


@pytest.mark.slow
def test_a_quick_run_writes_every_measurement(quick: Path):
    report = json.loads((quick / "bench.json").read_text())
    assert report["is_quick"]
    assert {"cpu", "cores", "threads", "python", "torch", "load"} <= report["machine"].keys()
    assert report["source"].keys() == {"commit", "has_local_changes"}
    on_cpu = {
        kind: [row for row in report[kind] if row["device"] == "cpu"]
        for kind in ("editing", "training", "grouped_convolution", "up_convolution")
    }
    for rows in on_cpu.values():
        assert {row["mode"] for row in rows} == {"float32", "bf16"}
    for row in on_cpu["editing"]:
        for operation in ("encode_ms", "decode_ms", "edit_ms"):
            assert row[operation].keys() == TIMING
        assert row["peak_memory_mib"] > 10
    engines = {row["engine"] for row in report["engines"]}
    assert engines == {"eager float32", "eager bf16", "onnxruntime float32"}
    for row in on_cpu["training"]:
        adversarial = row["stages"]["adversarial"]
        assert adversarial["images_per_second"] > 0
        assert adversarial["iteration_with_penalty_ms"].keys() == TIMING
        assert 0 < row["utilisation"] < 1
    options = {row["option"] for row in report["training_options"]}
    assert options == {"bf16-mixed", "channels_last", "fused_optimizer", "share_forward_passes"}
    assert len(on_cpu["grouped_convolution"]) == 2 * 2  # a layer and a network, two modes
    assert len(on_cpu["up_convolution"]) == 3 * 2  # three doublings, two modes


@pytest.mark.slow
def test_the_tables_are_written_as_markdown(quick: Path):
    text = (quick / "bench.md").read_text()
    assert text.count("\n### ") == 6
    assert "| tiny-32 | cpu bf16 |" in text
    assert text.count(f" Processor: {this_processor().kind}.\n") == 6


def test_a_process_of_its_own_has_a_peak_of_its_own():
    from benchmarks.isolation import apart, process_peak

    assert apart(process_peak) < process_peak() / 2  # this one has loaded PyTorch


def test_works_are_timed_in_turns_after_warming_up():
    from benchmarks.timing import Effort, alternate

    calls: list[str] = []
    works = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    effort = Effort(warm_ups=1, fewest=2, most=5, seconds=0)
    timings = alternate(works, effort, settle=lambda: None)
    assert "".join(calls) == "ab" + 2 * "ab"
    assert [timing.repeats for timing in timings.values()] == [2, 2]


def test_the_penalty_counts_for_its_share_of_iterations():
    from benchmarks.timing import Timing
    from benchmarks.training import speed_of

    from stylemapgan.config import TrainConfig

    plain = Timing(p50=100.0, p95=100.0, repeats=9)
    with_penalty = Timing(p50=260.0, p95=260.0, repeats=9)
    speed = speed_of(TrainConfig(batch=8, r1_interval=16), plain, with_penalty)
    assert speed.images_per_second == pytest.approx(8 * 16 / (15 * 0.1 + 0.26))


@pytest.mark.slow
def test_training_is_timed_in_every_precision(capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "")  # put back afterwards
    from benchmarks.training_precision import PRECISIONS, measure

    measure("tiny-32", images=160)
    machine, *lines = capsys.readouterr().out.splitlines()
    assert f"({this_processor().kind})" in machine
    assert [line.split(":")[0] for line in lines] == [f"tiny-32, {name}" for name in PRECISIONS]


def test_every_stage_of_a_run_is_measured():
    from benchmarks.training import stages

    from stylemapgan.config import TrainConfig

    assert stages(TrainConfig()) == {"adversarial": 0}
    late = TrainConfig(perceptual_from=10, adversarial_from=30)
    assert stages(late) == {
        "warm-up on pixels": 0,
        "warm-up with features": 10,
        "adversarial": 30,
    }
    plain = TrainConfig(perceptual_network="none", adversarial_from=30)
    assert stages(plain) == {"warm-up on pixels": 0, "adversarial": 30}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--presets", "huge-9000"], "huge-9000"),
        (["--compare-at", "huge-9000"], "huge-9000"),
        (["--output", "nowhere/bench.json"], "nowhere"),
        (["--fast"], "--fast"),
    ],
)
def test_a_mistake_gets_one_line(arguments, reason, capsys):
    assert run(arguments) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert reason in message


def test_the_module_runs_as_a_command():
    command = [sys.executable, "-m", "benchmarks", "--help"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--skip-training" in result.stdout
