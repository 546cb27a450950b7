"""TensorBoard shows what the journal says."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stylemapgan.methods.runs import start
from stylemapgan.training.run_logger import TensorBoardLog

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def read_back(folder: Path):
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return events


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    return [(event.step, round(event.value, 4)) for event in read_back(folder).Scalars(tag)]


def test_losses_figures_and_pictures_arrive(tmp_path):
    log = TensorBoardLog(tmp_path)
    log.write(80, machine={"device": "a laptop"})
    log.write(80, losses={"d/real": 0.5, "e/latent": 0.25}, images_per_second=12.5)
    log.write(80, learning_rates={"generator": 0.001})
    log.write(160, validation={"mse": 0.125})
    log.picture(160, np.zeros((1, 3, 8, 12), dtype=np.float32))
    log.close()

    assert scalars(tmp_path, "d/real") == [(80, 0.5)]
    assert scalars(tmp_path, "e/latent") == [(80, 0.25)]
    assert scalars(tmp_path, "speed/images_per_second") == [(80, 12.5)]
    assert scalars(tmp_path, "learning_rate/generator") == [(80, 0.001)]
    assert scalars(tmp_path, "validation/mse") == [(160, 0.125)]
    (picture,) = read_back(tmp_path).Images("samples")
    assert (picture.step, picture.height, picture.width) == (160, 8, 12)


def test_a_resumed_run_hides_what_it_does_again(tmp_path):
    killed = TensorBoardLog(tmp_path)
    for seen in (80, 160, 240):
        killed.write(seen, losses={"d/real": 1.0})
    killed.close()
    resumed = TensorBoardLog(tmp_path, images_seen=160)
    resumed.write(240, losses={"d/real": 2.0})
    resumed.close()

    assert scalars(tmp_path, "d/real") == [(80, 1.0), (160, 1.0), (240, 2.0)]


def test_starting_to_write_warns_of_nothing(tmp_path):
    program = (
        "from pathlib import Path\n"
        "from stylemapgan.training.run_logger import TensorBoardLog\n"
        f"TensorBoardLog(Path({str(tmp_path)!r})).close()"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_run_writes_for_tensorboard_if_asked_to(settings, tmp_path):
    run = start(settings(tensorboard=True, sample_every=8, images=24), tmp_path / "run")
    run.train()
    events = read_back(tmp_path / "run" / "tensorboard")
    assert {"validation/mse"} <= set(events.Tags()["scalars"])
    assert [picture.step for picture in events.Images("samples")] == [8, 16, 24]
