"""A run stopped in any way and resumed ends with the same weights as one never stopped."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from sameness import assert_same, assert_same_model

from stylemapgan.config import AdaConfig, LossWeights, RunConfig, to_toml
from stylemapgan.methods.runs import resume, start
from stylemapgan.training.loop import Run


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_run_in_three_parts_equals_one_in_a_single_part(settings, tmp_path, precision):
    config = settings(precision=precision)
    whole = start(config, tmp_path / "whole")
    whole.train()

    part: Run = start(config, tmp_path / "parts")
    for images in (8, 20):  # neither at the start nor at the end of anything
        part.train(should_stop=lambda run=part, images=images: run.state.images_seen >= images)
        assert part.state.images_seen == images
        part = resume(tmp_path / "parts")
    part.train()

    assert_same(part.state.state_dict(), whole.state.state_dict())
    assert_same_model(tmp_path / "parts", tmp_path / "whole")


def test_a_discriminator_of_features_is_resumed_too(settings, tmp_path):
    config = settings(weights=LossWeights(feature_adversarial=0.1, feature_guided=0.1))
    whole = start(config, tmp_path / "whole")
    whole.train()

    part = start(config, tmp_path / "parts")
    part.train(should_stop=lambda: part.state.images_seen >= 12)
    again = resume(tmp_path / "parts")
    again.train()
    assert_same(again.state.state_dict(), whole.state.state_dict())
    (entry,) = [entry for entry in whole.folder.journal.entries() if "losses" in entry]
    assert {"f/real", "f/generated", "f/reconstructed", "g/features"} < set(entry["losses"])


def test_a_discriminator_of_features_may_join_a_run_that_resumes(settings, tmp_path):
    first = start(settings(), tmp_path / "run")
    first.train(should_stop=lambda: first.state.images_seen >= 12)
    path = tmp_path / "run" / "config.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("feature_guided = 0.0", "feature_guided = 0.1"), encoding="utf-8")
    again = resume(tmp_path / "run")
    assert again.state.images_seen == 12
    again.train()
    assert "f/real" in again.folder.journal.entries()[-1]["losses"]


def test_the_probability_of_augmentation_is_resumed_too(settings, tmp_path):
    ada = AdaConfig(target=0.6, groups=("blit", "colour"), images_to_full=60)
    config = settings(ada=ada, images=40, adversarial_from=0)
    whole = start(config, tmp_path / "whole")
    whole.state.ada.p = 0.5
    whole.train()

    part = start(config, tmp_path / "parts")
    part.state.ada.p = 0.5
    part.train(should_stop=lambda: part.state.images_seen >= 24)  # between two adjustments
    again = resume(tmp_path / "parts")
    assert again.state.ada == part.state.ada
    again.train()
    assert again.state.ada.p == whole.state.ada.p != 0.5
    assert_same_model(tmp_path / "parts", tmp_path / "whole")


def test_what_a_run_did_after_its_last_saved_state_is_done_again_and_alike(settings, tmp_path):
    config = settings(sample_every=4, images=16)
    whole, killed = start(config, tmp_path / "whole"), start(config, tmp_path / "killed")
    whole.train()

    def copy_between_two_states() -> bool:
        """Keep what a process killed at this instant would leave."""
        if killed.state.images_seen == 12:
            shutil.copytree(tmp_path / "killed", tmp_path / "crashed")
        return killed.state.images_seen == 12

    killed.train(copy_between_two_states)
    again = resume(tmp_path / "crashed")
    assert again.state.images_seen == 8
    again.train()

    assert_same_model(tmp_path / "crashed", tmp_path / "whole")
    validations = [
        [entry for entry in run.folder.journal.entries() if "validation" in entry]
        for run in (whole, again)
    ]
    assert len(validations[0]) == 4
    assert validations[0] == validations[1]
    for sheet in whole.folder.samples.iterdir():
        assert (again.folder.samples / sheet.name).read_bytes() == sheet.read_bytes()


class Killed:
    """Runs of the command line in processes of their own, to be killed."""

    def __init__(self, folder: Path, config: RunConfig) -> None:
        self.run = folder / "run"
        self._config = folder / "settings.toml"
        self._config.write_text(to_toml(config), encoding="utf-8")
        self._photos = config.data.photos

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the run, or resume it."""
        options = ["--config", str(self._config), self._photos, "--run", str(self.run)]
        if (self.run / "config.toml").exists():
            options = ["--resume", str(self.run)]
        threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
        return subprocess.Popen(
            [sys.executable, "-m", "stylemapgan", "train", *options],
            env=os.environ | threads,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def wait_for_a_state(self, process: subprocess.Popen[bytes]) -> None:
        while not (self.run / "state" / "latest.pt").exists():
            if process.poll() is not None:
                assert process.stderr is not None
                pytest.fail(f"training ended too early: {process.stderr.read().decode()}")
            time.sleep(0.005)


def test_a_killed_run_resumed_equals_one_never_killed(settings, tmp_path):
    config = settings(images=40, snapshot_every=4, adversarial_from=8)
    killed = Killed(tmp_path, config)
    with killed.launch() as process:
        killed.wait_for_a_state(process)
        process.kill()
    assert process.returncode == -signal.SIGKILL

    again = resume(killed.run)
    assert 0 < again.state.images_seen < 40
    again.train()
    whole = start(config, tmp_path / "whole")
    whole.train()
    assert_same_model(killed.run, tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_killed_again_and_again_at_random_instants_equals_one_never_killed(
    settings, tmp_path
):
    config = settings(images=160, snapshot_every=4, sample_every=8)
    killed, instants, kills = Killed(tmp_path, config), random.Random(4), 0
    while True:
        before = last_state(killed.run)
        with killed.launch() as process:
            while last_state(killed.run) == before and process.poll() is None:
                time.sleep(0.005)
            time.sleep(instants.uniform(0, 1.5))
            process.kill()
            assert process.stderr is not None
            errors = process.stderr.read().decode()
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, errors
        kills += 1
    assert kills >= 3
    start(config, tmp_path / "whole").train()
    assert_same_model(killed.run, tmp_path / "whole")


def last_state(run: Path) -> int:
    path = run / "state" / "latest.pt"
    return path.stat().st_mtime_ns if path.exists() else 0
