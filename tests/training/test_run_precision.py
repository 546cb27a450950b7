"""What `auto` meant when a run began is written down, and stays."""

import dataclasses
import os
import subprocess
import sys
import tomllib

import pytest
import torch

from stylemapgan.config import preset, read_toml
from stylemapgan.machine.precision import choose, this_processor
from stylemapgan.methods.runs import resume, start
from stylemapgan.methods.stylemapgan.recipe import STYLEMAPGAN
from stylemapgan.training import validation
from stylemapgan.training.plan import make_plan
from stylemapgan.training.processes import Hardware
from stylemapgan.training.run_folder import RunFolder

CPU = Hardware(accelerator="cpu")


def test_a_run_begins_with_what_auto_means_here_and_keeps_it(settings, tmp_path):
    chosen = choose("auto", "cpu")
    short = {"images": 8, "snapshot_every": 8}
    folders = {name: tmp_path / name for name in ("auto", chosen.precision)}
    for name, folder in folders.items():
        start(settings(precision=name, **short), folder, hardware=CPU).train()

    text = (folders["auto"] / "config.toml").read_text("utf-8")
    assert text.startswith(f"# precision {chosen.precision} was chosen: {chosen.reason}.\n")
    assert tomllib.loads(text)["training"]["precision"] == chosen.precision
    assert read_toml(folders["auto"] / "config.toml") == read_toml(
        folders[chosen.precision] / "config.toml"
    )
    machines = {
        name: RunFolder(folder).journal.entries()[0]["machine"] for name, folder in folders.items()
    }
    assert machines["auto"]["precision"] == f"{chosen.precision}: {chosen.reason}"
    assert machines["auto"]["capability"] == this_processor().kind
    assert machines[chosen.precision]["precision"] == f"{chosen.precision}: as config.toml says"
    saved = [RunFolder(folder).load_state() or {} for folder in folders.values()]
    for name, value in saved[0]["generator"].items():
        assert torch.equal(value, saved[1]["generator"][name]), name
    assert resume(folders["auto"], hardware=CPU).config.training.precision == chosen.precision


def test_a_run_on_any_machine_goes_on_in_the_precision_it_began_with(settings, tmp_path):
    for name in ("32-true", "bf16-mixed"):
        start(settings(precision=name), tmp_path / name, hardware=CPU).train(lambda: True)
        run = resume(tmp_path / name, hardware=CPU)
        assert run.config.training.precision == name
        assert run.fabric.strategy.precision.precision == name


def test_training_may_round_to_tf32_and_its_figures_may_not(settings, tmp_path, monkeypatch):
    seen: dict[str, bool | str] = {}
    run = start(settings(images=8, sample_every=4, precision="32-true"), tmp_path / "run")
    update, validate = run.update, validation.validate

    def watched_update(context):
        seen["update"] = torch.backends.cuda.matmul.allow_tf32
        return update(context)

    def watched_validation(*networks_and_photos, **maps):
        seen["validation"] = torch.backends.cuda.matmul.allow_tf32
        return validate(*networks_and_photos, **maps)

    monkeypatch.setattr(run, "update", watched_update)
    monkeypatch.setattr(validation, "validate", watched_validation)
    run.train()
    assert seen == {"update": True, "validation": False}
    assert not torch.backends.cuda.matmul.allow_tf32


@pytest.mark.slow
def test_a_plan_is_made_for_what_auto_means():
    tiny = preset("tiny-32")
    training = dataclasses.replace(tiny.training, precision="auto")
    plan = make_plan(STYLEMAPGAN, dataclasses.replace(tiny, training=training), CPU, 8.0)
    assert plan.config.training.precision == choose("auto", "cpu").precision


def test_a_run_whose_precision_is_emulated_says_so_and_names_the_remedy(photos, tmp_path):
    """As on a processor without AVX-512, which this one is made to behave like."""
    if this_processor().architecture not in ("x86_64", "amd64"):
        pytest.skip("only oneDNN on x86 can be limited")
    tiny = ["--preset", "tiny-32", "--batch", "4", "--images", "4", "--accelerator", "cpu"]
    program = f"""
from stylemapgan.cli.main import main
begin = ["train", {str(photos)!r}, *{tiny!r}]
assert main([*begin, "--run", "mixed", "--precision", "bf16-mixed"]) == 0
assert main(["train", "--resume", "mixed", "--accelerator", "cpu"]) == 0
assert main([*begin, "--run", "auto", "--precision", "auto"]) == 0
"""
    limits = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OMP_NUM_THREADS": "1"}
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=os.environ | limits,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    bars = ("unpacking photos: ", "training: ")
    lines = [line for line in found.stdout.splitlines() if not line.startswith(bars)]
    begun, slow, _, resumed, still_slow, _, auto, _ = lines
    assert begun == resumed == "cpu (AVX2), 1 thread, precision bf16-mixed"
    assert slow == still_slow
    assert slow.startswith("bf16-mixed is slow here: the processor (AVX2) has no bfloat16")
    assert 'set precision to "32-true" in mixed/config.toml, and use --resume' in slow
    assert auto == "cpu (AVX2), 1 thread, precision 32-true (auto)"
