"""Files and folders appear whole, where the user said, as private as they were."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from stylemapgan.errors import StorageError
from stylemapgan.images.atomic import replacing, replacing_folder, write_bytes, write_text

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and modes are of POSIX")


@pytest.fixture
def umask():
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_links_stay_links_and_what_they_lead_to_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("there/file")
    (tmp_path / "link-to-link").symlink_to("link")
    (tmp_path / "dangling").symlink_to("there/new")

    write_bytes(tmp_path / "link-to-link", b"new")
    write_bytes(tmp_path / "dangling", b"first")

    assert (tmp_path / "there" / "file").read_bytes() == b"new"
    assert (tmp_path / "there" / "new").read_bytes() == b"first"
    assert all((tmp_path / name).is_symlink() for name in ("link", "link-to-link", "dangling"))
    assert names(tmp_path / "there") == ["file", "new"]


def test_modes_stay_and_new_files_follow_the_umask(tmp_path, umask):
    for number in (0o600, 0o640, 0o444, 0o664):
        path = tmp_path / f"{number:o}"
        path.write_bytes(b"old")
        path.chmod(number)
        with replacing(path) as unfinished:
            assert mode(unfinished) & ~number & 0o077 == 0  # never seen by others meanwhile
            unfinished.unlink()  # as libraries do that replace files themselves
            unfinished.write_bytes(b"new")
        assert (path.read_bytes(), mode(path)) == (b"new", number)
    umask(0o077)
    write_bytes(tmp_path / "private", b"")
    umask(0o002)
    write_bytes(tmp_path / "shared", b"")
    assert (mode(tmp_path / "private"), mode(tmp_path / "shared")) == (0o600, 0o664)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives away")
def test_the_owner_of_a_file_stays(tmp_path):
    path = tmp_path / "of-another"
    path.write_bytes(b"old")
    os.chown(path, 1234, 4321)
    write_bytes(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid, path.read_bytes()) == (1234, 4321, b"new")


def test_devices_and_pipes_are_written_to_not_replaced(tmp_path):
    (tmp_path / "null.png").symlink_to(os.devnull)
    write_bytes(tmp_path / "null.png", b"gone")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    assert (tmp_path / "null.png").is_symlink()

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write_bytes(pipe, b"through the pipe")
    reader.join()
    assert received == [b"through the pipe"]
    assert pipe.is_fifo()
    assert names(tmp_path) == ["null.png", "pipe"]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="there is no /proc")
def test_what_this_process_has_open_is_written_to(tmp_path):
    with (tmp_path / "standard-output").open("wb") as opened:
        inode = os.fstat(opened.fileno()).st_ino
        write_bytes(Path(f"/dev/fd/{opened.fileno()}"), b"content")
    assert (tmp_path / "standard-output").read_bytes() == b"content"
    assert (tmp_path / "standard-output").stat().st_ino == inode


def test_places_that_cannot_be_files_are_explained(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "lost").symlink_to("nowhere/file")
    for name, reason in {
        "folder": r"folder cannot be written: it is a folder; give the name of a file\.",
        "none/file": r"none/file cannot be written: there is no folder .*none; create it first\.",
        "lost": r"lost cannot be written: there is no folder .*nowhere; create it first\.",
        "loop": "loop cannot be written: Too many levels of symbolic links; choose another",
        "x" * 300: "cannot be written: File name too long; choose another folder",
    }.items():
        with pytest.raises(StorageError, match=reason) as raised:
            write_bytes(tmp_path / name, b"")
        assert "\n" not in str(raised.value)
    assert names(tmp_path) == ["folder", "loop", "lost"]


@pytest.mark.parametrize(
    "mistake",
    [
        ValueError("wrong"),
        RuntimeError("wrong"),
        FileNotFoundError(errno.ENOENT, "No such file", "another-file"),
        PermissionError(errno.EACCES, "Permission denied", "another-file"),
        KeyboardInterrupt(),
    ],
)
def test_mistakes_in_the_block_pass_unchanged(tmp_path, mistake):
    def half_a_file() -> None:
        with replacing(tmp_path / "file") as unfinished:
            unfinished.write_bytes(b"half")
            raise mistake

    def half_a_folder() -> None:
        with replacing_folder(tmp_path / "new") as unfinished:
            (unfinished / "inside").write_bytes(b"half")
            raise mistake

    (tmp_path / "file").write_bytes(b"old")
    for half in (half_a_file, half_a_folder):
        with pytest.raises(type(mistake)) as raised:
            half()
        assert raised.value is mistake
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EDQUOT, errno.EIO, errno.EACCES])
def test_whatever_the_system_says_becomes_one_line(tmp_path, number):
    with pytest.raises(StorageError) as raised, replacing(tmp_path / "file", 10):
        raise OSError(number, os.strerror(number))
    said = str(raised.value)
    assert said.startswith(f"{tmp_path / 'file'} cannot be written: ")
    assert ("10 bytes needed, " in said) == (number == errno.EDQUOT)
    assert names(tmp_path) == []


def test_text_that_is_no_unicode_is_spelled_out(tmp_path):
    write_text(tmp_path / "page.html", "caf\udce9 ± ok\n")
    assert (tmp_path / "page.html").read_bytes() == "caf\\udce9 ± ok\n".encode()


def test_folders_appear_whole_through_links_with_the_mode_they_had(tmp_path, umask, monkeypatch):
    umask(0o027)
    (tmp_path / "private").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("private")
    for name in ("link", "new"):
        with replacing_folder(tmp_path / name) as unfinished:
            (unfinished / "file").write_bytes(b"content")
            assert not (tmp_path / name / "file").exists()
    assert (tmp_path / "link").is_symlink()
    assert mode(tmp_path / "private") == 0o700
    assert mode(tmp_path / "new") == 0o750
    assert names(tmp_path) == ["link", "new", "private"]
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with replacing_folder(Path()) as unfinished:
        (unfinished / "file").write_bytes(b"content")
    assert names(tmp_path / "here") == ["file"]
    with (
        pytest.raises(StorageError, match="there is no folder"),
        replacing_folder(tmp_path / "a/b"),
    ):
        pass
    with (
        pytest.raises(StorageError, match="Directory not empty"),
        replacing_folder(tmp_path / "new"),
    ):
        pass
