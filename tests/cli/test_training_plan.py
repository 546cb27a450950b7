"""`stylemapgan train --dry-run` shows the plan, and leaves no trace."""

import pytest

TINY = ["train", "--dry-run", "--preset", "tiny-32"]


def test_a_dry_run_needs_no_photos_and_writes_nothing(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = run(*TINY, "--memory", 2)
    assert (outcome.code, outcome.err) == (0, "")
    assert "40,803" in outcome.out  # parameters of the generator
    assert "discriminator's update" in outcome.out
    assert "warm-up" not in outcome.out  # the preset has none
    assert "Largest batch that fits: " in outcome.out
    assert "The batch of 8 fits.\n" in outcome.out
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_batch_that_does_not_fit_comes_with_a_way_out(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = run(*TINY, "--memory", 0.7, "--batch", 256)
    assert outcome.code == 0
    assert "The batch of 256 does not fit: set --accumulate " in outcome.out


@pytest.mark.slow
def test_where_no_batch_fits_there_are_other_ways(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = run(*TINY, "--memory", 0.4)
    assert outcome.code == 0
    assert "No batch fits" in outcome.out
    assert "try --precision bf16-mixed, more processes (--devices) or smaller" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([*TINY, "--memory", -1], "--memory must be above 0"),
        ([*TINY, "--batch", 7], "multiple of 4"),
        (["train", "photos", "--memory", 8], "use it with --dry-run"),
    ],
)
def test_a_plan_that_makes_no_sense_fails_in_one_line(run, arguments, told):
    outcome = run(*arguments)
    assert outcome.code == 2
    assert told in outcome.err
    assert outcome.err.count("\n") == 1
