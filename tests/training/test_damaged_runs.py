"""Damaged files are noticed, and a run resumes from what is intact."""

import codecs
import json
import random
import shutil
from pathlib import Path

import pytest
import torch
from sameness import assert_same, assert_same_model

from stylemapgan.errors import TrainingError
from stylemapgan.methods.runs import resume, start
from stylemapgan.methods.stylemapgan.transfer import load_pretrained
from stylemapgan.training.journal import Journal
from stylemapgan.training.report import write_report
from stylemapgan.training.run_folder import SavedStates


@pytest.fixture(scope="module")
def states(tmp_path_factory) -> SavedStates:
    """Two states that differ in every number."""
    states = SavedStates(tmp_path_factory.mktemp("run") / "state")
    states.folder.mkdir()
    for seen in (8, 16):
        weights = {f"layer{index}": torch.full((9, 30), seen + index / 8) for index in range(4)}
        states.save({"images_seen": seen, "encoder": weights})
    return states


@pytest.fixture
def copied(states, tmp_path) -> SavedStates:
    shutil.copytree(states.folder, tmp_path / "state")
    return SavedStates(tmp_path / "state")


def damage(path: Path, randomness: random.Random, count: int) -> None:
    content = bytearray(path.read_bytes())
    for place in randomness.sample(range(len(content)), count):
        content[place] ^= randomness.randrange(1, 256)
    path.write_bytes(content)


@pytest.mark.parametrize("count", [1, 200])
def test_changed_bytes_are_never_taken_for_a_state(states, copied, count):
    """They are noticed, or they are where nothing is stored."""
    good = [torch.load(path, weights_only=True) for path in (states.latest, states.previous)]
    found = []
    for seed in range(150):
        damage(copied.latest, random.Random(seed), count)
        saved = copied.load(warns=False)
        assert saved is not None
        found.append(saved.path == copied.latest)
        assert_same(saved.state, good[0] if found[-1] else good[1])
        shutil.copyfile(states.latest, copied.latest)
    assert not all(found)
    assert count == 1 or not any(found)


@pytest.mark.parametrize("length", [0, 1, 1_000, -1])
def test_half_a_state_is_no_state(copied, length):
    copied.latest.write_bytes(copied.latest.read_bytes()[:length])
    saved = copied.load()
    assert saved is not None
    assert saved.state["images_seen"] == 8


def test_numbers_that_are_not_finite_are_no_good_state_either(copied):
    copied.save({"images_seen": 24, "encoder": {"layer0": torch.tensor([1.0, torch.nan])}})
    saved = copied.load()
    assert saved is not None
    assert saved.state["images_seen"] == 16


def test_where_no_state_is_good_the_newest_snapshot_is_named(copied, tmp_path):
    for path in (copied.latest, copied.previous):
        damage(path, random.Random(0), 200)
    with pytest.raises(TrainingError, match=r"latest\.pt .* and .*previous\.pt .*no snapshots"):
        copied.load()
    snapshot = tmp_path / "snapshots" / "000000016.safetensors"
    snapshot.parent.mkdir()
    snapshot.touch()
    with pytest.raises(
        TrainingError, match=f"start a new run with --init-from {snapshot}$"
    ) as error:
        copied.load()
    assert "\n" not in str(error.value)


def test_a_state_without_any_other_beside_it_still_loads(copied):
    """Runs of earlier versions have one state only."""
    copied.previous.unlink()
    saved = copied.load()
    assert saved is not None
    assert saved.path == copied.latest


def test_a_run_with_a_damaged_state_goes_on_from_the_one_before(settings, tmp_path, caplog):
    start(settings(images=24), tmp_path / "whole").train()
    run = start(settings(images=24), tmp_path / "run")
    run.train(should_stop=lambda: run.state.images_seen == 20)
    latest = tmp_path / "run" / "state" / "latest.pt"
    damage(latest, random.Random(1), 200)
    assert load_pretrained(str(tmp_path / "run")).discriminator is not None  # that only reads
    assert latest.exists()
    caplog.clear()

    again = resume(tmp_path / "run")
    (message,) = [record.getMessage() for record in caplog.records]
    assert message.startswith(f"{latest} is damaged (")
    assert message.endswith(f": using the state before it, {latest.with_name('previous.pt')}.")
    assert again.state.images_seen == 16
    assert all(entry["images"] <= 16 for entry in again.folder.journal.entries())
    again.train(should_stop=lambda: again.state.images_seen == 20)
    assert {path.name for path in latest.parent.iterdir()} == {
        "latest.pt", "previous.pt", "damaged.pt",
    }  # fmt: skip
    damage(latest, random.Random(2), 200)
    last = resume(tmp_path / "run")  # the damaged state did not take the good one's place
    assert last.state.images_seen == 16
    last.train()
    assert_same_model(tmp_path / "run", tmp_path / "whole")


def test_damaged_lines_cost_a_journal_nothing_but_themselves(tmp_path, caplog):
    journal = Journal(tmp_path / "journal.jsonl")
    for seen in range(8, 80, 8):
        journal.write(seen, losses={"d/real": seen / 10})
    expected = journal.entries()
    lines = journal.path.read_bytes().split(b"\n")
    bad = {1: b"\xff\xfe\x00", 3: lines[3][:9], 4: b'{"images": "24"}', 6: b"[]", 7: b""}
    for index, line in bad.items():
        lines[index] = line
    journal.path.write_bytes(codecs.BOM_UTF8 + b"\n".join(lines) + b'{"images": 88, "los')
    assert caplog.records == []

    good = [entry for index, entry in enumerate(expected) if index not in bad]
    assert journal.entries() == good
    (message,) = [record.getMessage() for record in caplog.records]
    assert message == f"{journal.path}: skipped 5 of 9 lines that cannot be read."
    journal.rewind(40)
    caplog.clear()
    assert journal.entries() == [entry for entry in good if entry["images"] <= 40]
    assert caplog.records == []


def test_a_line_that_does_not_fit_on_the_disk_leaves_no_half_of_it(tmp_path, settings):
    resource = pytest.importorskip("resource")
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write(8, losses={"d/real": 1.0})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 10, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            journal.write(16, losses={"d/real": 2.0})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    journal.write(24, losses={"d/real": 3.0})
    lines = journal.path.read_text().splitlines()
    assert [json.loads(line)["images"] for line in lines] == [8, 24]


def test_a_run_goes_on_and_is_reported_although_journal_sheet_and_settings_were_touched(
    settings, tmp_path
):
    folder = tmp_path / "run"
    run = start(settings(sample_every=8), folder)
    run.train(should_stop=lambda: run.state.images_seen == 12)
    config = folder / "config.toml"
    config.write_bytes(codecs.BOM_UTF8 + config.read_bytes().replace(b"\n", b"\r\n"))
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b"\x80\x81 no text\n{\n")
    run = resume(folder)
    run.train()
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b"\x80\x81 no text\n{\n")
    for sheet in sorted((folder / "samples").iterdir())[1:]:
        sheet.write_bytes(b"no picture")
    Journal(folder / "journal.jsonl").write(24, warning="The disk was full.")
    write_report(folder, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "24 of 24 images seen" in page
    assert "The disk was full." in page
