"""A call that was interrupted, however, goes on and ends as if it never had been."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from many_photos import IN_THE_MIDDLE, clouds, contents, manifest, results

from stylemapgan import checkpoints
from stylemapgan.editing.applying import apply_edit, read_edit
from stylemapgan.errors import DataError

KILLED = """
import sys, time
from pathlib import Path
from stylemapgan.config.engine import EngineConfig
from stylemapgan import checkpoints
from stylemapgan.editing.applying import ApplyConfig, ChosenModel, apply_edit, read_edit

if __name__ == "__main__":
    def speak(done, total):
        print(done, flush=True)
        time.sleep(0.02)

    edit, source, out, model = sys.argv[1:]
    chosen = ChosenModel(name=model, engine_config=EngineConfig())
    config = ApplyConfig(find="middle")
    apply_edit(
        read_edit(Path(edit)), source, Path(out), chosen, config, workers={workers},
        resume={resume}, on_progress=speak,
    )
"""


@pytest.fixture
def many(photos) -> Path:
    """Forty photos, and two that are none."""
    for seed in range(10, 44):
        (photos / f"{seed}.png").write_bytes(clouds(seed, 48, 48))
    (photos / "11-page.jpg").write_text("<html>")
    (photos / "zz.png").write_bytes(clouds(1, 40, 40)[:100])
    return photos


def start_and_kill(script: Path, arguments: list[str], last: str) -> None:
    """Run a script until it prints a line, and kill it."""
    command = [sys.executable, str(script), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == last:
                os.kill(process.pid, signal.SIGKILL)
                break
        process.communicate()  # its output ends when its workers have left too
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_call_goes_on_and_ends_the_same(tmp_path, many, edit_file, tiny, workers):
    """Twice killed; no photo that has its row is edited again."""
    out, script = tmp_path / "out", tmp_path / "script.py"
    arguments = [str(edit_file), str(many), str(out), tiny.name]
    for resume, last in ((False, "9"), (True, "23")):
        script.write_text(KILLED.format(workers=workers, resume=resume))
        start_and_kill(script, arguments, last)
        rows = manifest(out)
        assert len(rows) >= int(last)
        assert all((out / row["output"]).is_file() for row in rows if row["output"])
    times = {
        row["output"]: (out / row["output"]).stat().st_mtime_ns for row in rows if row["output"]
    }
    (out / ".0123456789ab.part").write_bytes(b"a photo that was being written")

    saved = read_edit(edit_file)
    seen = []
    apply_edit(
        saved, many, out, tiny, IN_THE_MIDDLE, resume=True,
        on_progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen[0] == (len(rows), 42)
    assert seen[-1] == (42, 42)
    assert all((out / name).stat().st_mtime_ns == time for name, time in times.items())
    apply_edit(saved, many, tmp_path / "never-killed", tiny, IN_THE_MIDDLE)
    assert results(out) == results(tmp_path / "never-killed")
    assert len(contents(out)) == 40 + 2


@pytest.fixture
def done(tmp_path, photos, saved, tiny) -> Path:
    """A folder of edited photos, finished."""
    out = tmp_path / "out"
    apply_edit(saved, photos, out, tiny, IN_THE_MIDDLE)
    return out


def test_a_line_cut_short_is_dropped_and_its_photo_edited_again(done, photos, saved, tiny):
    before = results(done)
    table = done / "manifest.csv"
    for kept in (-15, 30):  # in the last row, and in the header
        table.write_bytes(table.read_bytes()[:kept])
        again = apply_edit(saved, photos, done, tiny, IN_THE_MIDDLE, resume=True)
        assert again.now == (1 if kept < 0 else 6)
        assert results(done) == before


def test_a_damaged_line_is_named(done, photos, saved, tiny):
    table = done / "manifest.csv"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join([*lines[:2], "1.png,1.png\n", *lines[3:]]))
    with pytest.raises(DataError, match=r"manifest\.csv, line 3 is damaged"):
        apply_edit(saved, photos, done, tiny, IN_THE_MIDDLE, resume=True)


def test_a_result_that_is_missing_is_made_again(done, photos, saved, tiny):
    before = results(done)
    (done / "2.png").unlink()
    again = apply_edit(saved, photos, done, tiny, IN_THE_MIDDLE, resume=True)
    assert again.now == 1
    assert results(done) == before


def test_finished_photos_are_not_edited_again(done, photos, saved, tiny):
    before = contents(done)
    again = apply_edit(saved, photos, done, tiny, IN_THE_MIDDLE, resume=True)
    assert (again.edited, again.now) == (6, 0)
    assert contents(done) == before


def test_without_resume_a_folder_of_results_is_left_alone(done, photos, saved, tiny):
    with pytest.raises(DataError, match="continue with --resume, or give a new folder"):
        apply_edit(saved, photos, done, tiny, IN_THE_MIDDLE)


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_of_something_else_is_refused(tmp_path, photos, saved, tiny, resume):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("mine")
    with pytest.raises(DataError, match="is not empty"):
        apply_edit(saved, photos, tmp_path / "mine", tiny, IN_THE_MIDDLE, resume=resume)
    with pytest.raises(DataError, match="is a file"):
        apply_edit(saved, photos, tmp_path / "mine/letter.txt", tiny, IN_THE_MIDDLE, resume=resume)
    with pytest.raises(DataError, match="lies inside"):
        apply_edit(saved, photos, photos / "edited", tiny, IN_THE_MIDDLE, resume=resume)
    assert contents(tmp_path / "mine") == {"letter.txt": b"mine"}


def test_other_inputs_are_refused_by_name(done, photos, saved, tiny, tiny_checkpoint):
    def resume(edit=saved, config=IN_THE_MIDDLE, model=tiny) -> None:
        apply_edit(edit, photos, done, model, config, resume=True)

    other = replace(saved.edit, parts=saved.edit.parts[:1])
    with pytest.raises(DataError, match=r"cannot continue it: other edit\. Give"):
        resume(edit=replace(saved, edit=other))
    with pytest.raises(DataError, match=r"detail True \(now False\), format same \(now png\)"):
        resume(config=replace(IN_THE_MIDDLE, detail=False, format="png"))
    weights = done.parent / "tiny.safetensors"
    checkpoints.write(weights, tiny_checkpoint)
    with pytest.raises(DataError, match=r"cannot continue it: other model\. Give"):
        resume(model=replace(tiny, name=str(weights)))
    moved = shutil.copytree(tiny.name, done.parent / "moved")
    resume(model=replace(tiny, name=str(moved)))
    (photos / "new.png").write_bytes(clouds(99, 40, 40))
    with pytest.raises(DataError, match="other pictures"):
        resume()


def test_resuming_what_never_began_begins(tmp_path, photos, saved, tiny):
    (tmp_path / "new").mkdir()
    (tmp_path / "new/.hidden").touch()  # as file managers leave
    applied = apply_edit(saved, photos, tmp_path / "new", tiny, IN_THE_MIDDLE, resume=True)
    assert applied.now == 6


def test_two_at_once_do_not_fill_one_folder(tmp_path, photos, saved, tiny):
    pytest.importorskip("fcntl")

    def start_another(done: int, total: int) -> None:
        with pytest.raises(DataError, match="Another process"):
            apply_edit(saved, photos, tmp_path / "out", tiny, IN_THE_MIDDLE, resume=True)

    apply_edit(saved, photos, tmp_path / "out", tiny, IN_THE_MIDDLE, on_progress=start_another)
    assert not (tmp_path / "out" / ".apply.lock").exists()
