"""What is special about each kind of source, and what it refuses."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from picture_sources import (
    png,
    records,
    write_folder,
    write_lmdb,
    write_shards,
    write_tar,
    write_zip,
)

from stylemapgan.data.sources import ShardSource, TarSource, ZipSource, open_source
from stylemapgan.data.sources.locations import absolute, expand
from stylemapgan.errors import DataError


def refusal(place: str | Path) -> str:
    """The one line that says why a place is refused."""
    with pytest.raises(DataError) as caught:
        open_source(place)
    line = str(caught.value)
    assert "\n" not in line
    assert str(place).split("*", maxsplit=1)[0] in line
    return line


def test_what_is_missing_or_unknown_is_explained(tmp_path):
    (tmp_path / "notes.txt").write_text("no pictures")
    assert "does not exist; give a folder" in refusal(tmp_path / "none")
    assert "is not a supported source of pictures; give a folder" in refusal(tmp_path / "notes.txt")
    assert "matches no shards" in refusal(f"{tmp_path}/*.tar")


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_archives_without_pictures_are_explained(tmp_path, write):
    path = tmp_path / f"a.{write.__name__[-3:]}"
    write(path, {"notes.txt": b"x", "__MACOSX/a.png": b"x", ".hidden/b.png": b"x", "._c.png": b""})
    assert "holds no pictures" in refusal(path)


def test_hidden_members_and_doubtful_names_are_left_alone(tmp_path):
    members = {"./a//b.PNG": png(1), "__MACOSX/a/b.png": b"x", "a/._b.png": b"x", "a.txt": b"x"}
    assert TarSource(write_tar(tmp_path / "a.tar", members)).names == ("a/b.PNG",)
    assert ZipSource(write_zip(tmp_path / "a.zip", members)).names == ("a/b.PNG",)


def test_a_name_that_comes_again_is_numbered(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for content in (png(1), png(2)):
            info = tarfile.TarInfo("a.png")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    source = TarSource(tmp_path / "a.tar")
    assert source.names == ("a.png", "a.png (2)")
    assert [record.content for record in records(source)] == [png(1), png(2)]


def test_a_damaged_zip_archive_is_explained(tmp_path):
    whole = write_zip(tmp_path / "a.zip", {"a.png": png(1)}).read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[:-30])
    assert "is damaged" in refusal(tmp_path / "a.zip")
    (tmp_path / "a.zip").write_bytes(b"")
    assert "is damaged" in refusal(tmp_path / "a.zip")


def test_a_damaged_member_of_a_zip_archive_is_reported(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"a.png": png(1), "b.png": png(2)})
    content = bytearray(path.read_bytes())
    content[45] ^= 0xFF
    path.write_bytes(content)
    first, second = records(open_source(path))
    assert first.content == b""
    assert first.problem.startswith("is damaged: ")
    assert second.content == png(2)


def test_an_encrypted_zip_archive_is_explained(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"a.png": png(1)})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag, in the central directory
    path.write_bytes(content)
    assert "is encrypted; unpack it" in refusal(path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_zip_archive_survives_a_fork(tmp_path):
    """A forked process shares its parent's place in an open file: both would read rubbish."""
    contents = {f"{index:03d}.png": png(index, side=64) for index in range(200)}
    write_zip(tmp_path / "a.zip", contents)
    script = (
        "import os, sys; from stylemapgan.data.sources import open_source\n"
        "source = open_source(sys.argv[1]); child = os.fork()\n"
        "good = not any(source.record(i).problem for _ in range(5) for i in range(len(source)))\n"
        "if not child: os._exit(not good)\n"
        "sys.exit(os.waitpid(child, 0)[1] or not good)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a.zip")]
    assert subprocess.run(command, check=False).returncode == 0


@pytest.mark.parametrize("cut", [700, 1100, 1600])
def test_a_tar_archive_that_ends_too_early_is_explained(tmp_path, cut):
    path = write_tar(tmp_path / "a.tar", {"a.png": png(1), "b.png": png(2)})
    os.truncate(path, cut)
    assert "is damaged: " in refusal(path)


def test_rubbish_within_a_tar_archive_is_not_its_end(tmp_path):
    path = write_tar(tmp_path / "a.tar", {"a.png": png(1), "b.png": png(2)})
    with path.open("r+b") as file:
        file.seek(1024)
        file.write(b"rubbish!" * 16)
    assert "is damaged: " in refusal(path)


def test_a_tar_archive_may_lack_its_end_mark(tmp_path):
    path = write_tar(tmp_path / "a.tar", {"a.png": png(1)})
    os.truncate(path, 1024)
    assert TarSource(path).record(0).content == png(1)


def test_compressed_tar_archives_are_explained(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a.png"))
    assert "is compressed; unpack it first" in refusal(tmp_path / "a.tar")


def test_links_in_a_tar_archive_are_no_pictures(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        link = tarfile.TarInfo("a.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert "holds no pictures" in refusal(tmp_path / "a.tar")


def test_long_and_foreign_names_are_kept(tmp_path):
    name = "Ünïcødé/" + "x" * 300 + ".png"
    for format_ in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with tarfile.open(tmp_path / "a.tar", "w", format=format_) as archive:
            info = tarfile.TarInfo(name)
            info.size = len(png(1))
            archive.addfile(info, io.BytesIO(png(1)))
        source = open_source(tmp_path / "a.tar")
        assert source.names == (name,)
        assert source.record(0).content == png(1)


def test_a_sample_of_a_shard_has_one_picture(tmp_path):
    members = {"a/1.jpg": b"1", "a/1.mask.png": b"m", "a/1.json": b"{}", "a/2.PNG": b"2"}
    path = write_tar(tmp_path / "s-0.tar", members)
    source = open_source(f"{tmp_path}/s-{{0..0}}.tar")
    assert source.names == ("s-0.tar/a/1.jpg", "s-0.tar/a/2.PNG")
    assert len(open_source(path)) == 3  # a plain archive has no samples, only pictures


def test_names_of_samples_may_come_again_in_other_shards(tmp_path):
    for number in range(2):
        write_tar(tmp_path / f"s-{number}.tar", {"0.png": png(number)})
    assert open_source(f"{tmp_path}/s-*.tar").names == ("s-0.tar/0.png", "s-1.tar/0.png")


def test_a_missing_shard_is_named(tmp_path):
    write_shards(tmp_path, [png(1)], [1])
    with pytest.raises(DataError, match=r"The shard .*s-001\.tar cannot be read: No such file"):
        open_source(f"{tmp_path}/s-{{000..001}}.tar")


def test_folders_with_pictures_and_archives_are_folders(tmp_path):
    write_folder(tmp_path, {"a.png": png(1)})
    write_tar(tmp_path / "b.tar", {"b.png": png(2)})
    assert open_source(tmp_path).names == ("a.png",)


@pytest.mark.parametrize(
    ("place", "shards"),
    [
        ("a.tar", ["a.tar"]),
        ("s-{008..011}.tar", ["s-008.tar", "s-009.tar", "s-010.tar", "s-011.tar"]),
        ("s-{8..10}.tar", ["s-8.tar", "s-9.tar", "s-10.tar"]),
        ("{a,b}-{0..1}.tar", ["a-0.tar", "a-1.tar", "b-0.tar", "b-1.tar"]),
        ("a.tar::b-{0..1}.tar", ["a.tar", "b-0.tar", "b-1.tar"]),
        ("{a}.tar", ["{a}.tar"]),
        ("https://h/{0..1}.tar?key=x", ["https://h/0.tar?key=x", "https://h/1.tar?key=x"]),
    ],
)
def test_shards_may_be_written_briefly(place, shards):
    assert expand(place) == shards


@pytest.mark.parametrize("place", ["s-{3..1}.tar", "s-{0..99999999}.tar"])
def test_senseless_ranges_are_explained(place):
    with pytest.raises(DataError, match="holds no shards, or more than 1,000,000"):
        expand(place)


def test_absolute_places_leave_addresses_alone(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    place = "a-{0..1}.tar::https://host/b.tar"
    assert absolute(place) == f"{tmp_path}/a-{{0..1}}.tar::https://host/b.tar"


def test_no_shards_at_all_are_explained():
    with pytest.raises(DataError, match="No shards were given"):
        ShardSource([])


class TestLmdb:
    @pytest.fixture(autouse=True)
    def _lmdb(self):
        pytest.importorskip("lmdb")

    def test_the_largest_size_is_read(self, tmp_path):
        values = {f"{size}-{i:05d}": b"%d %d" % (size, i) for size in (8, 64, 256) for i in (0, 1)}
        folder = write_lmdb(tmp_path / "l", values | {"length": b"2"})
        assert open_source(folder).record(1).content == b"256 1"
        assert open_source(folder / "data.mdb").names == ("256-00000", "256-00001")

    def test_a_lost_key_is_reported(self, tmp_path):
        values = {"16-00000": png(0), "16-00002": png(2), "length": b"3"}
        found = records(open_source(write_lmdb(tmp_path / "l", values)))
        assert [bool(record.content) for record in found] == [True, False, True]
        assert found[1].problem == "is missing: the data set lacks this key."

    def test_more_than_99999_pictures_have_longer_keys(self, tmp_path):
        values = {"16-00000": png(0), "16-100000": png(1), "length": b"100001"}
        source = open_source(write_lmdb(tmp_path / "l", values))
        assert source.record(100_000).content == png(1)

    @pytest.mark.parametrize(
        "values", [{"length": b"1"}, {"16-00000": b"x"}, {"16-00000": b"x", "length": b"\x80"}]
    )
    def test_another_layout_is_explained(self, tmp_path, values):
        assert "under keys such as 256-00000" in refusal(write_lmdb(tmp_path / "l", values))

    def test_what_is_no_lmdb_file_is_explained(self, tmp_path):
        (tmp_path / "data.mdb").write_bytes(b"hello" * 3000)
        assert "cannot be read" in refusal(tmp_path)


@pytest.mark.parametrize("package", ["lmdb", "fsspec", "aiohttp"])
def test_a_missing_package_names_its_extra(tmp_path, package):
    (tmp_path / "data.mdb").write_bytes(b"")
    place = tmp_path if package == "lmdb" else "https://example.invalid/a.tar"
    script = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from stylemapgan.data.sources import open_source\n"
        "open_source(sys.argv[2])"
    )
    command = [sys.executable, "-c", script, package, str(place)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    extra = "lmdb" if package == "lmdb" else "remote"
    assert f"This needs {package}, which is not installed" in said
    assert f"stylemapgan[{extra}]" in said


def test_an_unknown_kind_of_address_is_explained():
    pytest.importorskip("fsspec")
    with pytest.raises(DataError, match=r"nonsense://a\.tar cannot be read"):
        open_source("nonsense://a.tar")
