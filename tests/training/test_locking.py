"""A run's folder belongs to one process at a time, and locks of dead ones are recognised."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stylemapgan.errors import DataError, StorageError, TrainingError
from stylemapgan.methods.runs import resume, start
from stylemapgan.training.locking import ProcessIdentity, RunLock, start_of

HOLD = """
import sys
from pathlib import Path
from stylemapgan.errors import TrainingError
from stylemapgan.training.locking import RunLock
lock = RunLock(Path(sys.argv[1]))
sys.stdin.readline()
try:
    lock.acquire()
    print("held", flush=True)
except TrainingError:
    print("refused", flush=True)
sys.stdin.readline()
lock.release()
"""


@contextmanager
def process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that takes the lock when it is sent a line, and lets it go at the next."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def send_line(*started: subprocess.Popen[str]) -> None:
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()


def answer(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline().strip()


def test_of_processes_that_start_at_once_one_gets_the_folder_even_after_a_killed_one(tmp_path):
    folder = tmp_path / "run"
    with process(folder) as killed:
        send_line(killed)
        assert answer(killed) == "held"
        killed.kill()
        killed.wait()
    assert len(list(folder.iterdir())) == 1
    with process(folder) as one, process(folder) as two, process(folder) as three:
        send_line(one, two, three)
        assert sorted(map(answer, (one, two, three))) == ["held", "refused", "refused"]
        with pytest.raises(TrainingError, match=r"is in use by process \d+ on .* since 20"):
            RunLock(folder).acquire()
        for each in (one, two, three):
            each.communicate("\n")
    assert list(folder.iterdir()) == []


def test_a_stopped_process_keeps_the_folder_from_starts_and_resumes_alike(settings, tmp_path):
    folder = tmp_path / "run"
    start(settings(), folder).train(should_stop=lambda: True)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with process(folder) as holder:
        send_line(holder)
        assert answer(holder) == "held"
        holder.send_signal(signal.SIGSTOP)
        (lock,) = folder.glob("run-*.lock")
        expected = rf"run is in use by process {holder.pid} on .*kill {holder.pid} lets it save"
        with pytest.raises(TrainingError, match=expected):
            resume(folder)
        assert before.keys() | {lock} == {each for each in folder.rglob("*") if each.is_file()}
    assert all(path.read_bytes() == content for path, content in before.items())
    again = resume(folder)  # the process is gone
    assert [path.name for path in folder.glob("*.lock")] == ["run-1.lock"]
    again.close()
    assert not list(folder.glob("*.lock"))


def lock_of(folder: Path, **changes: object) -> Path:
    """Write a lock as a process of this machine has it, but for some changes."""
    lock = RunLock(folder)
    lock.acquire()
    (path,) = folder.glob("*.lock")
    values = json.loads(path.read_text())
    values["process"] |= changes
    path.write_text(json.dumps(values))
    return path


def test_a_lock_of_another_machine_is_explained_with_the_way_to_remove_it(tmp_path):
    path = lock_of(tmp_path, number=1234, host="elsewhere")
    expected = rf"in use by process 1234 on elsewhere since 20.*delete {path} and try again"
    with pytest.raises(TrainingError, match=expected):
        RunLock(tmp_path).acquire()
    path.unlink()
    RunLock(tmp_path).acquire()


def test_a_number_used_again_and_a_restart_of_the_machine_do_not_mislead(tmp_path):
    lock_of(tmp_path, started="not when this one did")
    newer = RunLock(tmp_path)
    newer.acquire()
    assert newer.is_held
    newer.release()
    if ProcessIdentity.of_this_one().machine:
        lock_of(tmp_path, number=1, boot="an earlier one")
        newer.acquire()
        assert newer.is_held


@pytest.mark.parametrize("content", ["", "{", '{"process": {"number": 1}}', "[]"])
def test_a_lock_that_says_nothing_counts_as_just_made(tmp_path, content):
    path = tmp_path / "run-0.lock"
    path.write_text(content)
    with pytest.raises(TrainingError, match=f"no training runs there, delete {path}"):
        RunLock(tmp_path).acquire()


def test_only_the_exit_code_of_a_process_is_no_process():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert start_of(child.pid)
        child.kill()
        while start_of(child.pid):  # not waited for: it stays behind as a zombie
            pass
        assert start_of(child.pid) is None


def test_a_folder_cannot_be_written_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"run cannot be written: .*--run"):
        RunLock(tmp_path / "file" / "run").acquire()


def test_a_start_that_fails_or_is_interrupted_leaves_nothing_and_a_second_one_works(
    settings, tmp_path
):
    folder = tmp_path / "not" / "there" / "run"
    for error in (KeyboardInterrupt, DataError):

        def interrupt(done: int, total: int, error: type[BaseException] = error) -> None:
            assert list(folder.glob("*.lock"))  # taken before anything else
            raise error

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(tmp_path / error.__name__))
            with pytest.raises(error):
                start(settings(), folder, interrupt)
        assert not (tmp_path / "not").exists()
    start(settings(), folder).close()  # never trained: nothing stays of it either
    assert not (tmp_path / "not").exists()
    run = start(settings(images=4), folder)
    run.train()
    assert not list(folder.glob("*.lock"))


def test_a_run_whose_lock_was_removed_does_not_overwrite_the_one_that_has_it_now(
    settings, tmp_path
):
    run = start(settings(snapshot_every=4), tmp_path / "run")

    def remove_lock() -> bool:
        for lock in (tmp_path / "run").glob("*.lock"):
            lock.unlink()
        return False

    with pytest.raises(TrainingError, match="the lock of this process was removed"):
        run.train(remove_lock)
    assert not list((tmp_path / "run" / "state").iterdir())
