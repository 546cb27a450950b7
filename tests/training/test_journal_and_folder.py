"""A run's folder survives crashes and protects what is in it."""

import json

import pytest
import torch

from stylemapgan.checkpoints.networks import pack
from stylemapgan.errors import TrainingError
from stylemapgan.images.atomic import replacing
from stylemapgan.models import Encoder, Generator
from stylemapgan.training.journal import Journal
from stylemapgan.training.run_folder import RunFolder


@pytest.fixture
def journal(tmp_path) -> Journal:
    journal = Journal(tmp_path / "journal.jsonl")
    for seen in (8, 16, 24):
        journal.write(seen, losses={"d/real": seen / 10}, note="größer")
    return journal


def test_entries_come_back_in_order_one_a_line(journal):
    lines = journal.path.read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == journal.entries()
    assert [entry["images"] for entry in journal.entries()] == [8, 16, 24]
    assert journal.entries()[1] == {"images": 16, "losses": {"d/real": 1.6}, "note": "größer"}


def test_a_missing_journal_is_empty(tmp_path):
    assert Journal(tmp_path / "journal.jsonl").entries() == []


@pytest.mark.parametrize("length", range(1, 40, 3))
def test_a_torn_last_line_does_not_count(journal, length):
    expected = journal.entries()
    line = json.dumps({"images": 32, "losses": {"d/real": 3.2}})
    with journal.path.open("a", encoding="utf-8") as file:
        file.write(line[:length])
    assert journal.entries() == expected


def test_a_torn_line_does_not_swallow_what_is_written_after_a_resume(journal):
    with journal.path.open("a", encoding="utf-8") as file:
        file.write('{"images": 32, "los')
    journal.rewind(24)
    journal.write(32, losses={})
    assert [entry["images"] for entry in journal.entries()] == [8, 16, 24, 32]


def test_rewinding_forgets_later_entries_and_leaves_no_other_file(journal, tmp_path):
    journal.rewind(16)
    assert [entry["images"] for entry in journal.entries()] == [8, 16]
    assert [path.name for path in tmp_path.iterdir()] == ["journal.jsonl"]
    journal.rewind(0)
    assert journal.entries() == []


def test_a_folder_in_use_is_refused_with_two_ways_out(tmp_path):
    (tmp_path / "something").touch()
    with pytest.raises(TrainingError, match=f"{tmp_path} is not empty") as error:
        RunFolder(tmp_path).refuse_if_used()
    assert "--run" in str(error.value)
    assert f"--resume {tmp_path}" in str(error.value)


def test_a_file_is_no_place_for_a_run(tmp_path):
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(TrainingError, match=f"{path} is a file"):
        RunFolder(path).refuse_if_used()


def test_new_and_empty_folders_are_free(tmp_path):
    RunFolder(tmp_path).refuse_if_used()
    RunFolder(tmp_path / "not" / "there").refuse_if_used()


def test_settings_come_back(tmp_path, settings):
    folder = RunFolder(tmp_path / "run")
    folder.create(settings(batch=12))
    assert folder.config() == settings(batch=12)


def test_a_folder_without_a_run_cannot_be_resumed(tmp_path):
    with pytest.raises(TrainingError, match=r"cannot be resumed: .*config\.toml cannot be read"):
        RunFolder(tmp_path).config()


def test_states_replace_each_other_and_leave_no_other_file(tmp_path, settings):
    folder = RunFolder(tmp_path / "run")
    folder.create(settings())
    assert folder.load_state() is None
    for seen in (8, 16):
        folder.states.save({"images_seen": seen, "weight": torch.full((2,), float(seen))})
    state = folder.load_state()
    assert state is not None
    assert state["images_seen"] == 16
    assert state["weight"].tolist() == [16.0, 16.0]
    names = {path.name for path in (tmp_path / "run" / "state").iterdir()}
    assert names == {"latest.pt", "previous.pt"}


def test_a_state_left_unfinished_by_a_crash_does_no_harm(tmp_path, settings):
    folder = RunFolder(tmp_path / "run")
    folder.create(settings())
    folder.states.save({"images_seen": 8})
    for unfinished in ("state/.0a1b.part", "snapshots/.2c3d.part"):
        (tmp_path / "run" / unfinished).write_bytes(b"half of it")
    assert folder.load_state() == {"images_seen": 8}
    folder.states.save({"images_seen": 16})
    assert folder.load_state() == {"images_seen": 16}

    folder.remove_unfinished()
    assert not list(folder.path.rglob("*.part"))
    assert folder.load_state() == {"images_seen": 16}


def test_only_the_newest_snapshots_are_kept(tmp_path, settings):
    folder, model = RunFolder(tmp_path / "run"), settings().model
    folder.create(settings())
    generator, encoder = Generator(model), Encoder(model)
    for seen in (8, 16, 24, 1_000_000):
        snapshot = pack(model, generator, encoder, images_seen=seen, licence="", data="")
        path = folder.save_snapshot(snapshot, keep=2)
        assert path.is_file()
    kept = sorted(path.name for path in folder.snapshots.iterdir())
    assert kept == ["000000024.safetensors", "001000000.safetensors"]


def test_files_are_replaced_whole(tmp_path):
    path = tmp_path / "config.toml"
    for content in (b"a long first version", b"short"):
        with replacing(path) as unfinished:
            unfinished.write_bytes(content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]
