"""Several processes train one model as a single one would."""

import dataclasses
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan.config import DataConfig, RunConfig, to_toml
from stylemapgan.errors import ConfigError
from stylemapgan.methods.runs import start
from stylemapgan.methods.stylemapgan.transfer import load_pretrained
from stylemapgan.models.mapping import LEARNING_RATE_MULTIPLIER


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def launch(arguments: list[str], torchrun: bool, processes: int = 2) -> subprocess.Popen[str]:
    """Run the training command in several processes."""
    command = ["-m", "stylemapgan", "train", *arguments]
    if torchrun:
        address = ["--master-addr", "127.0.0.1", "--master-port", str(free_port())]
        count = ["--nproc-per-node", str(processes)]
        command = ["-m", "torch.distributed.run", *address, *count, *command]
    else:
        command += ["--devices", str(processes), "--accelerator", "cpu"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MASTER_PORT": str(free_port())}
    return subprocess.Popen(
        [sys.executable, *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


MOST_APART = 0.01
"""Share of weights whose gradients may be rounding errors, which Adam makes as long as any."""


@pytest.fixture
def recipe(settings, tmp_path) -> tuple[RunConfig, list[str]]:
    """Two updates with all losses on textured photos, and the flags for a folder `several`.

    Where photos are flat, some gradients are rounding errors, and Adam makes them as long as any.
    After more updates, the few that are left would move all other weights.
    """
    photos = tmp_path / "photos"
    photos.mkdir()
    randomness = np.random.default_rng(0)
    for index in range(12):
        pixels = randomness.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((32, 32)).save(photos / f"{index}.png")
    changes = {"adversarial_from": 0, "mapping_head_start": False, "cooldown": 0}
    config = settings(batch=8, images=16, augmentations=("translation",), **changes)
    config = dataclasses.replace(config, data=DataConfig(photos=str(photos)))
    return config, [str(photos), *flags_for(config, tmp_path / "several")]


def flags_for(config: RunConfig, run: Path) -> list[str]:
    path = run.with_name("settings.toml")
    path.write_text(to_toml(config), encoding="utf-8")
    return ["--config", str(path), "--run-folder", str(run)]


@pytest.mark.parametrize("torchrun", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_two_processes_with_half_the_batch_equal_one_with_the_whole(recipe, tmp_path, torchrun):
    config, flags = recipe
    with launch(flags, torchrun) as process:
        output = process.communicate()[0]
    assert process.returncode == 0, output
    assert output.count("Done:") == 1

    alone = start(config, tmp_path / "alone")
    alone.train()
    assert alone.state.updates == 2
    several = load_pretrained(str(tmp_path / "several"))
    for name in ("generator", "encoder", "discriminator"):
        network = getattr(alone.state, name if name == "discriminator" else f"{name}_ema")
        expected = network.state_dict()
        for key, value in getattr(several, name).state_dict().items():
            used = LEARNING_RATE_MULTIPLIER if key.startswith("mapping.") else 1.0
            apart = ((value - expected[key]) * used).abs()
            most = max(1, MOST_APART * apart.numel())
            assert (apart > 1e-5).sum() <= most, f"{name}.{key}"


def test_a_process_that_dies_ends_the_run_on_all_with_a_clear_message(settings, tmp_path):
    config = settings(batch=8, images=800_000, snapshot_every=80)
    run = tmp_path / "run"
    flags = [config.data.photos, *flags_for(config, run)]
    with launch(flags, torchrun=False) as first:
        wait_for(run / "state" / "latest.pt", first)
        (second,) = children(first.pid)
        os.kill(second, signal.SIGKILL)
        output = first.communicate()[0]
    assert first.returncode == 2
    death = f"died: process 1 (process id {second}) was killed by signal 9 (SIGKILL), as the system"
    assert output.count(f"error: Another process of this run {death}") == 1
    assert "Traceback" not in output
    assert load_pretrained(str(run)).discriminator is not None  # what was saved is whole


HUNG = """
import os, threading
from types import SimpleNamespace
from stylemapgan.training import child_processes

child_processes.SECONDS_TO_END = 0.0
environment = SimpleNamespace(
    creates_processes_externally="LOCAL_RANK" in os.environ,
    main_address="127.0.0.1",
    main_port=1,
    node_rank=lambda: 0,
)
child_processes.start_child_processes(environment, processes=2, nodes=1)
if os.environ["LOCAL_RANK"] == "1":
    os._exit(3)
threading.Event().wait()  # as in a library that never learns of the death
"""


def test_a_process_that_waits_for_a_dead_one_is_ended_with_a_clear_message(tmp_path):
    (tmp_path / "hung.py").write_text(HUNG)
    hung = subprocess.run(
        [sys.executable, "hung.py"], cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False
    )
    assert hung.returncode == 2
    died = (
        r"Another process of this run died: process 1 \(process id \d+\) ended with exit code 3\."
    )
    assert re.fullmatch(died + " Continue with --resume.\n", hung.stderr)


@pytest.mark.slow
def test_ctrl_c_saves_and_stops_all_processes(settings, tmp_path):
    config = settings(batch=8, images=800_000, snapshot_every=80)
    run = tmp_path / "run"
    flags = [config.data.photos, *flags_for(config, run)]
    with launch(flags, torchrun=False) as first:
        wait_for(run / "state" / "latest.pt", first)
        os.killpg(first.pid, signal.SIGINT)  # as a terminal does
        output = first.communicate()[0]
    assert first.returncode == 0, output
    assert output.count("Stopped and saved") == 1


@pytest.mark.parametrize(("processes", "accumulate"), [(4, 1), (2, 2), (3, 1)])
def test_a_batch_that_cannot_be_shared_out_is_refused(settings, processes, accumulate):
    config = settings(batch=8, accumulate=accumulate).training
    with pytest.raises(ConfigError, match="multiple of 4 images each"):
        config.images_a_pass(processes)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    while not path.exists():
        if process.poll() is not None:
            assert process.stdout is not None
            pytest.fail(f"training ended too early: {process.stdout.read()}")
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in listed]
