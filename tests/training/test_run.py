"""A run learns, writes down what happens, and stops before it saves anything broken."""

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylemapgan.checkpoints import read
from stylemapgan.checkpoints.networks import Networks, load
from stylemapgan.config import DataConfig, RunConfig, preset
from stylemapgan.errors import ConfigError, DataError, TrainingError
from stylemapgan.methods.runs import resume, start
from stylemapgan.training.loop import Progress, Run
from stylemapgan.training.validation import validate


def files_of(run: Path) -> dict[str, bytes]:
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in run.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.fixture(scope="module")
def finished(photos, tmp_path_factory) -> tuple[Run, list[Progress]]:
    """A finished run with everything in it."""
    training = dataclasses.replace(
        preset("tiny-32").training,
        images=44,
        batch=4,
        r1_interval=2,
        snapshot_every=12,
        sample_every=20,
        keep_snapshots=2,
        adversarial_from=4,
    )
    data = DataConfig(photos=str(photos), licence="CC0-1.0", statement="Drawn discs")
    config = RunConfig(model=preset("tiny-32").model, training=training, data=data)
    run = start(config, tmp_path_factory.mktemp("finished") / "run")
    shown: list[Progress] = []
    run.train(on_progress=shown.append)
    return run, shown


def test_a_finished_run_holds_all_its_files_and_no_others(finished):
    run, _ = finished
    assert set(files_of(run.folder.path)) == {
        "config.toml",
        "journal.jsonl",
        "samples/000000020.png",
        "samples/000000040.png",
        "snapshots/000000036.safetensors",
        "snapshots/000000044.safetensors",
        "state/latest.pt",
        "state/previous.pt",
    }


def test_snapshots_hold_the_averaged_networks_and_what_is_said_about_them(finished):
    run, _ = finished
    path = run.folder.snapshots / "000000044.safetensors"
    checkpoint = read(path)
    assert checkpoint.config == run.config.model
    assert (checkpoint.images_seen, checkpoint.licence) == (44, "CC0-1.0")
    assert checkpoint.data == "Drawn discs"
    networks = load(path)
    for loaded, average in (
        (networks.generator, run.state.generator_ema),
        (networks.encoder, run.state.encoder_ema),
    ):
        for name, value in average.state_dict().items():
            assert torch.equal(loaded.state_dict()[name], value)
    photo = torch.from_numpy(run.photos.take(np.arange(2)))
    with torch.no_grad():
        one = networks.generator.synthesize(networks.encoder(photo))
        other = run.state.generator_ema.synthesize(run.state.encoder_ema(photo))
    torch.testing.assert_close(one, other)


def test_the_journal_tells_losses_speed_and_validation(finished):
    run, _ = finished
    entries = run.folder.journal.entries()
    losses = [entry for entry in entries if "losses" in entry]
    assert [entry["images"] for entry in losses] == [40, 44]
    assert set(losses[0]["losses"]) == {
        "g/adversarial", "e/latent", "d/real", "d/generated", "d/reconstructed", "d/r1",
        "d/sign_real", "e/reconstruction", "e/domain_guided",
    }  # fmt: skip
    assert all(entry["images_per_second"] > 0 for entry in losses)
    assert entries[0]["phases"] == {"adversarial": 4}
    assert set(losses[0]["learning_rates"]) == {"generator", "encoder", "discriminator"}
    measured = [entry for entry in entries if "validation" in entry]
    assert [entry["images"] for entry in measured] == [20, 40]
    assert set(measured[0]["validation"]) == {"mse", "sharpness"}


def test_a_discriminator_with_a_head_start_learns_before_it_is_used(settings, tmp_path):
    config = settings(images=12, adversarial_from=12, discriminator_head_start=8)
    run = start(config, tmp_path / "run")
    run.train(lambda: run.state.images_seen == 4)
    fresh = {name: value.clone() for name, value in run.state.discriminator.state_dict().items()}
    assert run.state.discriminator_optimizer.state_dict()["state"] == {}

    again = resume(tmp_path / "run")
    again.train()
    (losses,) = [entry["losses"] for entry in again.folder.journal.entries() if "losses" in entry]
    assert set(losses) == {
        *("e/reconstruction", "d/real", "d/reconstructed", "d/r1", "d/sign_real"),
    }
    learned = again.state.discriminator.state_dict()
    assert not any(torch.equal(learned[name], fresh[name]) for name in fresh if "weight" in name)


def test_progress_goes_to_the_end(finished):
    run, shown = finished
    assert [each.images_seen for each in shown] == [40, 44]
    assert shown[-1].images_total == 44
    assert shown[-1].images_per_second > 0
    assert shown[-1].losses == run.folder.journal.entries()[-1]["losses"]


def test_sample_sheets_are_pictures(finished):
    run, _ = finished
    with Image.open(run.folder.samples / "000000040.png") as sheet:
        assert sheet.mode == "RGB"
        assert sheet.width > 8 * 32
        assert len(sheet.convert("L").getcolors(256) or ()) > 20


def test_a_finished_run_resumed_stays_as_it_is(finished):
    run, _ = finished
    before = files_of(run.folder.path)
    again = resume(run.folder.path)
    again.train()
    after = files_of(run.folder.path)
    assert after["journal.jsonl"] == before["journal.jsonl"]
    assert after.keys() == before.keys()
    for name, value in run.state.generator_ema.state_dict().items():
        assert torch.equal(again.state.generator_ema.state_dict()[name], value)


def test_training_makes_the_networks_reconstruct_photos(settings, tmp_path):
    config = settings(
        images=300,
        adversarial_from=272,
        ema_half_life=30.0,
        learning_rate=0.01,
        snapshot_every=10_000,
    )
    run = start(config, tmp_path / "run")
    networks = Networks(generator=run.state.generator_ema, encoder=run.state.encoder_ema)
    before = validate(networks.reconstruct, run.validation, None, run.fabric.device)["mse"]
    run.train()
    after = validate(networks.reconstruct, run.validation, None, run.fabric.device)["mse"]
    assert after < before / 4


def test_a_broken_network_stops_the_run_with_update_and_term(settings, tmp_path):
    run = start(settings(images=80), tmp_path / "run")
    saved = {}

    def break_encoder_after_two_updates() -> bool:
        if run.state.updates == 2:
            saved.update(files_of(run.folder.path))
            next(iter(run.state.encoder.parameters())).data[0] = torch.inf
        return False

    with pytest.raises(TrainingError, match=r"^Update 3: the loss [a-z]/\w+ became (nan|inf)"):
        run.train(break_encoder_after_two_updates)
    assert "snapshots/000000008.safetensors" in saved
    assert files_of(run.folder.path) == saved
    assert resume(run.folder.path).state.images_seen == 8


def test_weights_that_break_behind_finite_losses_are_not_saved_either(settings, tmp_path):
    """A loss is taken before its update: the update may break what the loss still praised."""
    run = start(settings(images=80, adversarial_from=80, snapshot_every=4), tmp_path / "run")
    saved = {}

    def break_optimiser_after_two_updates() -> bool:
        if run.state.updates == 2:
            saved.update(files_of(run.folder.path))
            memory = next(iter(run.state.encoder_optimizer.state.values()))
            memory["exp_avg_sq"].fill_(torch.nan)
        return False

    with pytest.raises(TrainingError, match=r"^Update 3: the weights of encoder are no "):
        run.train(break_optimiser_after_two_updates)
    assert files_of(run.folder.path) == saved


def test_a_broken_network_gets_no_sheet_and_no_validation(settings, tmp_path):
    run = start(settings(sample_every=4, snapshot_every=100), tmp_path / "run")
    next(iter(run.state.encoder.parameters())).data[0] = torch.nan
    with pytest.raises(TrainingError, match=r"^Update 1: "):
        run.train()
    assert list(run.folder.samples.iterdir()) == []
    assert [set(entry) for entry in run.folder.journal.entries()] == [
        {"images", "machine", "phases"}
    ]


def test_an_absurd_learning_rate_is_stopped(settings, tmp_path):
    run = start(settings(learning_rate=1e30), tmp_path / "run")
    with pytest.raises(TrainingError, match=r"^Update \d+: .*\. Lower learning_rate"):
        run.train()


def test_a_run_asked_to_stop_before_its_first_update_is_saved(settings, tmp_path):
    run = start(settings(), tmp_path / "run")
    run.train(should_stop=lambda: True)
    assert (run.folder.snapshots / "000000000.safetensors").is_file()
    assert resume(tmp_path / "run").state.images_seen == 0


def test_photos_follow_each_other_without_repetition_and_half_are_mirrored(settings, tmp_path):
    run = start(settings(images=400), tmp_path / "run")
    photos = run.validation.take(np.arange(12))
    shown, mirrored = [], 0
    for seen in range(0, 240, 4):
        run.state.images_seen = seen
        for image in run._feed.take(run.state.images_seen).numpy():
            distances = np.abs(photos - image).sum(axis=(1, 2, 3))
            flipped = np.abs(photos[..., ::-1] - image).sum(axis=(1, 2, 3))
            shown.append(int(np.minimum(distances, flipped).argmin()))
            mirrored += int(flipped.min() < distances.min())
    for epoch in range(20):
        assert sorted(shown[12 * epoch : 12 * epoch + 12]) == list(range(12))
    assert 80 < mirrored < 160


def test_flips_can_be_left_out(settings, tmp_path):
    run = start(settings(horizontal_flips=False), tmp_path / "run")
    photos = run.validation.take(np.arange(12))
    for image in run._feed.take(run.state.images_seen).numpy():
        assert np.abs(photos - image).sum(axis=(1, 2, 3)).min() == 0


def test_a_run_does_not_start_in_a_folder_in_use(settings, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(TrainingError, match="is not empty"):
        start(settings(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_run_that_cannot_start_leaves_no_folder(settings, tmp_path):
    config = dataclasses.replace(settings(), data=DataConfig(photos=str(tmp_path / "none")))
    with pytest.raises(DataError, match="none does not exist"):
        start(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_folders_are_written_down_in_full(settings, photos, tmp_path, monkeypatch):
    monkeypatch.chdir(photos.parent)
    data = DataConfig(photos=photos.name, validation=f"./{photos.name}")
    start(dataclasses.replace(settings(), data=data), tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    written = resume(tmp_path / "run").config.data
    assert (written.photos, written.validation) == (str(photos), str(photos))


def test_settings_edited_between_start_and_resume_count(settings, tmp_path):
    start(settings(), tmp_path / "run").train(should_stop=lambda: True)
    path = tmp_path / "run" / "config.toml"
    path.write_text(path.read_text().replace("learning_rate = 0.002", "learning_rate = 0.001"))
    assert resume(tmp_path / "run").config.training.learning_rate == 0.001
    path.write_text(path.read_text().replace("style_channels = 8", "style_channels = 16"))
    with pytest.raises(TrainingError, match=r"does not fit .*config\.toml"):
        resume(tmp_path / "run")
    path.write_text("[training]\nbatch = 7\n")
    with pytest.raises(TrainingError, match=r"cannot be resumed: .* multiple of 4") as error:
        resume(tmp_path / "run")
    assert not isinstance(error.value, ConfigError)


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_starting_is_silent(settings, tmp_path, capfd, precision):
    handler = logging.StreamHandler()  # as Fabric adds it where nobody configured logging
    logger = logging.getLogger("lightning_fabric")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        start(settings(precision=precision), tmp_path / "run")
    finally:
        logger.removeHandler(handler)
    assert capfd.readouterr() == ("", "")
