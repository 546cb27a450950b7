"""Prepared pictures depend on pictures and settings alone, whatever happens meanwhile."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from prepared_pictures import noisy_picture, tree

from stylemapgan.data.preparing import PrepareConfig, prepare
from stylemapgan.errors import DataError


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Path:
    """A folder of 300 pictures, which make five chunks."""
    folder = tmp_path_factory.mktemp("many")
    for seed in range(300):
        (folder / f"{seed:03d}.png").write_bytes(noisy_picture(seed, 32, 32))
    (folder / "damaged.png").write_bytes(noisy_picture(0, 32, 32)[:200])
    return folder


@pytest.mark.parametrize("into", ["folder", "shards"])
def test_the_number_of_workers_does_not_matter(tmp_path, many, into):
    settings = PrepareConfig(size=32, into=into, shard_pictures=70)
    prepare(many, tmp_path / "one", settings, workers=1)
    seen = []
    prepare(many, tmp_path / "three", settings, 3, lambda *progress: seen.append(progress))
    assert tree(tmp_path / "one") == tree(tmp_path / "three")
    assert seen[0] == ("preparing", 0, 301)
    assert ("preparing", 301, 301) in seen


KILLED = """
import sys, time
from pathlib import Path
from stylemapgan.data.preparing import PrepareConfig, prepare

if __name__ == "__main__":
    def slow_down(what, done, total):
        print(what, done, flush=True)
        time.sleep({pause})

    settings = PrepareConfig(size=32, into={into!r}, shard_pictures=70)
    prepare(sys.argv[1], Path(sys.argv[2]), settings, {workers}, slow_down)
"""


@pytest.mark.parametrize(
    ("into", "workers", "when"),
    [
        ("zip", 1, "preparing 128"),
        ("shards", 2, "preparing 64"),
        ("folder", 1, "writing 100"),
        ("shards", 1, "writing 200"),
    ],
)
def test_a_run_that_is_killed_goes_on_and_ends_the_same(tmp_path, many, into, workers, when):
    """No chunk that was finished is made again, and no process stays."""
    script = tmp_path / "script.py"
    script.write_text(KILLED.format(into=into, workers=workers, pause=0.01))
    out = tmp_path / "out"
    command = [sys.executable, str(script), str(many), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == when:
                os.kill(process.pid, signal.SIGKILL)
                break
        process.communicate()  # its output ends when its workers have left too
    assert process.returncode == -signal.SIGKILL
    assert not any(path.name != ".prepare" for path in out.iterdir())
    chunks = {path: path.stat().st_mtime_ns for path in (out / ".prepare/chunks").glob("*.npz")}
    assert chunks

    settings = PrepareConfig(size=32, into=into, shard_pictures=70)
    kept = []

    def look(what: str, done: int, total: int) -> None:
        if what == "writing" and done == 1:
            kept.extend(path.stat().st_mtime_ns == time for path, time in chunks.items())

    prepare(many, out, settings, on_progress=look)
    prepare(many, tmp_path / "never-killed", settings)
    assert kept
    assert all(kept)
    assert tree(out) == tree(tmp_path / "never-killed")


def test_two_at_once_do_not_work_on_one_folder(tmp_path, many):
    pytest.importorskip("fcntl")
    settings = PrepareConfig(size=32)

    def start_another(what: str, done: int, total: int) -> None:
        if (what, done) in (("preparing", 64), ("writing", 1)):
            with pytest.raises(DataError, match="Another process"):
                prepare(many, tmp_path / "out", settings)

    prepare(many, tmp_path / "out", settings, on_progress=start_another)
    assert (tmp_path / "out" / "prepared.json").is_file()
