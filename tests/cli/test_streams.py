"""Output that nobody reads, that finds no room or that an encoding lacks never costs the work."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stylemapgan import zoo
from stylemapgan.cli.main import main
from stylemapgan.cli.speaking import only_the_first_process_speaks, say

PHOTOS = [str(path) for path in zoo.sample_pictures("hands-64")[:2]]
NARROW = {
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "LC_ALL": "C",
    "PYTHONIOENCODING": "ascii",
}


class BrokenStream(io.TextIOWrapper):
    """Standard output that refuses everything."""

    def __init__(self, number: int) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")
        self.number = number

    def write(self, text: str) -> int:
        raise OSError(self.number, os.strerror(self.number))

    def flush(self) -> None: ...

    def fileno(self) -> int:
        raise io.UnsupportedOperation


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "gbk"])
def test_letters_that_an_encoding_lacks_are_spelled_out(encoding, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
    name = "\u0131ß\u2603\udce9.png"
    blend = ["blend", *PHOTOS, "--model", "hands-64", "--box", "16,0,32,64", "-o", name]
    for command in (["info", "hands-64"], blend, ["train", "--help"], ["avatars", "--help"]):
        assert main(command) == 0
    sys.stdout.flush()
    said = written.getvalue().decode(encoding)
    assert "Ayranc\u0131" in said or r"Ayranc\u0131" in said
    assert r"\udce9.png" in said
    assert Path(name).is_file()
    assert sys.stdout.errors == "strict"  # as it was before


def test_a_terminal_of_few_letters_gets_tables_and_errors_too(tmp_path):
    environment = {**os.environ, **NARROW}
    for arguments, code in ((["info", "hands-64"], 0), (["info", "Ayranc\u0131"], 2)):
        done = subprocess.run(
            [sys.executable, "-m", "stylemapgan", *arguments],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert b"Traceback" not in done.stderr
        assert rb"Ayranc\u0131" in done.stdout + done.stderr or b"\\udcc4" in done.stderr


def run_without_reader(*arguments: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as output:
        return subprocess.run(
            [sys.executable, "-m", "stylemapgan", *arguments],
            stdout=output,
            stderr=subprocess.PIPE,
            cwd=folder,
            check=False,
        )


def test_a_reader_that_leaves_early_is_no_failure(tmp_path):
    for arguments in (["info"], ["--help"], ["generate", "--count", "1", "-o", "it.png"]):
        done = run_without_reader(*arguments, folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, b""), arguments
    assert (tmp_path / "it.png").is_file()
    done = run_without_reader("info", "nothing-there", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: ")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no /dev/full")
def test_output_without_room_is_one_line_after_the_work_is_done(tmp_path):
    for arguments in (["info"], ["generate", "--count", "1", "-o", "it.png"]):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "stylemapgan", *arguments],
                stdout=full,
                stderr=subprocess.PIPE,
                cwd=tmp_path,
                check=False,
                text=True,
            )
        assert done.returncode == 2
        assert done.stderr == (
            "error: Cannot write to standard output (No space left on device); everything else is "
            "done.\n"
        )
    assert (tmp_path / "it.png").is_file()


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO, errno.ENOSPC])
def test_output_that_breaks_half_way_costs_no_file(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    written = ["-o", "first.png", "--sheet", "second.png"]
    command = ["reconstruct", *PHOTOS, "--model", "hands-64", *written]
    assert main(command) == 0
    assert capsys.readouterr().out.count("wrote ") == 2
    for path in tmp_path.iterdir():
        path.unlink()
    monkeypatch.setattr(sys, "stdout", BrokenStream(number))
    assert main(command) == (2 if number == errno.ENOSPC else 0)
    assert {path.name for path in tmp_path.iterdir()} == {"first.png", "second.png"}


def test_an_output_that_was_closed_before_is_no_failure(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["info"]) == 0
    with only_the_first_process_speaks() as console:
        say(console, "into nothing")
    assert main(["generate", "--count", "1", "-o", "it.png"]) == 0


def test_what_the_first_process_says_of_long_work_may_be_lost(monkeypatch):
    monkeypatch.setattr(sys, "stdout", BrokenStream(errno.ENOSPC))
    with only_the_first_process_speaks() as console:
        say(console, "lost")
