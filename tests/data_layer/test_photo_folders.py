"""A folder of photos is unpacked once, whole, and again when anything in it changes."""

import os
import shutil
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylemapgan import images
from stylemapgan.config.user_folders import cache_folder
from stylemapgan.data import open_folder
from stylemapgan.errors import DataError, StorageError


@pytest.fixture
def folder(tmp_path) -> Path:
    """Five photos in the flat grey of their number, two folders deep."""
    root = tmp_path / "photos"
    for number, name in enumerate(["b.png", "a.PNG", "deep/er/c.jpeg", "deep/d.webp", "e.tiff"]):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 32), (40 * number,) * 3).save(path)
    return root


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache"


class Progress:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.calls.append((done, total))


def entries(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if not path.name.startswith("index"))


def test_photos_are_found_below_and_sorted_by_name(folder, cache):
    photos = open_folder(folder, 16, cache)
    assert photos.names == ("a.PNG", "b.png", "deep/d.webp", "deep/er/c.jpeg", "e.tiff")
    assert len(photos) == 5
    assert photos.skipped == ()
    assert photos.pixels.shape == (5, 16, 16, 3)
    assert photos.pixels.dtype == np.uint8
    np.testing.assert_allclose(photos.pixels[:, 8, 8, 0], [40, 0, 120, 80, 160], atol=2)


def test_pixels_are_those_that_reading_the_file_gives(folder, cache):
    noise = np.random.default_rng(0).integers(0, 256, (50, 90, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "noise.png")
    photos = open_folder(folder, 16, cache)
    index = photos.names.index("noise.png")
    np.testing.assert_array_equal(
        photos.take(np.array([index])), images.read(folder / "noise.png", 16)
    )


def test_hidden_files_and_other_files_are_left_alone(folder, cache):
    (folder / ".hidden.png").write_bytes(b"")
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails" / "a.png").write_bytes(b"")
    (folder / "notes.txt").write_text("not a picture")
    photos = open_folder(folder, 16, cache)
    assert len(photos) == 5
    assert photos.skipped == ()


def test_links_in_a_circle_end(folder, cache):
    (folder / "deep" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "deep" / "self").symlink_to(folder / "deep", target_is_directory=True)
    assert len(open_folder(folder, 16, cache)) == 5


def test_the_pixels_cannot_be_written_to(folder, cache):
    photos = open_folder(folder, 16, cache)
    with pytest.raises(ValueError, match="read-only"):
        photos.pixels[0, 0, 0, 0] = 1


def test_take_returns_images_in_the_order_asked_for(folder, cache):
    photos = open_folder(folder, 16, cache)
    taken = photos.take(np.array([4, 0, 4]))
    assert taken.shape == (3, 3, 16, 16)
    assert taken.dtype == np.float32
    np.testing.assert_array_equal(taken[0], taken[2])
    np.testing.assert_allclose(taken[:, 0, 0, 0], np.array([160, 40, 160]) / 127.5 - 1, atol=1e-6)


def test_take_mirrors_where_told(folder, cache):
    half = np.zeros((16, 16, 3), np.uint8)
    half[:, 8:] = 255
    Image.fromarray(half).save(folder / "half.png")
    photos = open_folder(folder, 16, cache)
    index = photos.names.index("half.png")
    plain, mirrored = photos.take(np.array([index, index]), flips=np.array([False, True]))
    np.testing.assert_array_equal(mirrored, plain[:, :, ::-1])
    assert plain[0, 0, 0] == -1
    assert mirrored[0, 0, 0] == 1
    np.testing.assert_array_equal(photos.pixels[index, 0, :, 0], half[0, :, 0])


def test_the_second_time_nothing_is_unpacked(folder, cache):
    first, second = Progress(), Progress()
    before = open_folder(folder, 16, cache, first)
    after = open_folder(folder, 16, cache, second)
    assert first.calls == [(done, 5) for done in range(1, 6)]
    assert second.calls == []
    assert before.names == after.names
    np.testing.assert_array_equal(before.pixels, after.pixels)


@pytest.mark.parametrize("age", [0, 3600], ids=["fresh files", "files an hour old"])
def test_a_changed_photo_is_noticed(folder, cache, age):
    photo = folder / "a.bmp"  # its length does not depend on its content
    Image.new("RGB", (40, 32)).save(photo)
    os.utime(photo, (time.time() - age,) * 2)
    open_folder(folder, 16, cache)
    before = photo.stat()
    Image.new("RGB", (40, 32), (1, 0, 0)).save(photo)
    assert photo.stat().st_size == before.st_size
    if age == 0:  # even if the time stamp does not give it away
        os.utime(photo, ns=(before.st_atime_ns, before.st_mtime_ns))
    photos = open_folder(folder, 16, cache)
    assert photos.pixels[photos.names.index("a.bmp"), 0, 0].tolist() == [1, 0, 0]


def test_size_new_names_and_lost_files_change_the_entry(folder, cache):
    open_folder(folder, 16, cache)
    assert open_folder(folder, 8, cache).pixels.shape == (5, 8, 8, 3)
    (folder / "b.png").rename(folder / "z.png")
    assert open_folder(folder, 16, cache).names[-1] == "z.png"
    (folder / "z.png").unlink()
    assert len(open_folder(folder, 16, cache)) == 4
    assert len(entries(cache)) == 4


def test_the_same_photos_elsewhere_share_the_entry(folder, cache, tmp_path):
    open_folder(folder, 16, cache)
    shutil.copytree(folder, tmp_path / "copy")
    progress = Progress()
    open_folder(tmp_path / "copy", 16, cache, progress)
    assert progress.calls == []


def test_files_of_no_use_are_listed_with_their_reason(folder, cache):
    whole = (folder / "b.png").read_bytes()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "half.png")
    os.truncate(folder / "half.png", 6000)
    (folder / "nothing.jpg").write_bytes(b"")
    (folder / "page.jpg").write_bytes(b"<html></html>")
    Image.new("RGB", (500, 7)).save(folder / "thin.png")
    Image.new("RGB", (15, 15)).save(folder / "tiny.png")
    (folder / "lost.png").symlink_to(folder / "nowhere.png")
    huge = bytearray(whole)
    huge[16:24] = (30000).to_bytes(4, "big") * 2
    huge[29:33] = zlib.crc32(bytes(huge[12:29])).to_bytes(4, "big")
    (folder / "huge.png").write_bytes(bytes(huge))

    photos = open_folder(folder, 32, cache)

    reasons = {skipped.path: skipped.reason for skipped in photos.skipped}
    assert len(photos) == 5
    assert list(reasons) == [
        "half.png", "huge.png", "lost.png", "nothing.jpg", "page.jpg", "thin.png", "tiny.png",
    ]  # fmt: skip
    assert reasons["nothing.jpg"] == "is empty (0 bytes)."
    assert reasons["tiny.png"] == "has only 15x15 pixels; each side needs at least 16."
    assert "million pixels" in reasons["huge.png"]
    assert "damaged" in reasons["half.png"]
    assert "does not exist" in reasons["lost.png"]
    assert open_folder(folder, 32, cache).skipped == photos.skipped


def test_photos_of_half_the_size_are_enlarged(folder, cache):
    assert open_folder(folder, 64, cache).pixels.shape == (5, 64, 64, 3)


def test_useless_folders_are_explained(tmp_path, cache):
    with pytest.raises(DataError, match="is not a folder"):
        open_folder(tmp_path / "none", 16, cache)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no pictures"):
        open_folder(tmp_path / "empty", 16, cache)
    (tmp_path / "empty" / "a.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"None of the 1 pictures .* a\.jpg, is empty"):
        open_folder(tmp_path / "empty", 16, cache)
    assert entries(cache) == []


def test_a_cache_that_cannot_be_made_is_explained(folder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"Not a directory.*XDG_CACHE_HOME"):
        open_folder(folder, 16, tmp_path / "file" / "cache")


def test_an_interrupted_unpacking_leaves_nothing(folder, cache):
    def interrupt(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_folder(folder, 16, cache, interrupt)
    assert entries(cache) == []
    assert len(open_folder(folder, 16, cache)) == 5


def test_a_killed_unpacking_is_never_mistaken_for_a_whole_one(folder, cache):
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from stylemapgan.data import open_folder\n"
        "kill = lambda done, total: os.kill(os.getpid(), signal.SIGKILL) if done == 3 else None\n"
        "open_folder(Path(sys.argv[1]), 16, Path(sys.argv[2]), kill)"
    )
    command = [sys.executable, "-c", script, str(folder), str(cache)]
    assert subprocess.run(command, check=False).returncode != 0
    (abandoned,) = entries(cache)

    assert len(open_folder(folder, 16, cache)) == 5

    os.utime(cache / abandoned / "pixels.raw", (0, 0))
    open_folder(folder, 8, cache)  # a day later the rest is cleared away
    assert abandoned not in entries(cache)


@pytest.mark.parametrize("name", ["pixels.raw", "photos.json"])
def test_a_damaged_entry_is_made_anew(folder, cache, name):
    open_folder(folder, 16, cache)
    (entry,) = entries(cache)
    with (cache / entry / name).open("r+b") as file:
        file.truncate(10)
    photos = open_folder(folder, 16, cache)
    np.testing.assert_allclose(photos.pixels[:, 8, 8, 0], [40, 0, 120, 80, 160], atol=2)


def test_a_damaged_index_is_made_anew(folder, cache):
    os.utime(folder / "b.png", (0, 0))  # only settled files are remembered
    open_folder(folder, 16, cache)
    (index,) = cache.glob("index-*.json")
    whole = index.read_text()
    index.write_text("{not json")
    assert len(open_folder(folder, 16, cache)) == 5
    assert index.read_text() == whole


def test_the_cache_folder_follows_the_custom_of_the_desktop(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "stylemapgan"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "stylemapgan"


def test_the_package_works_without_pytorch():
    script = "import sys, stylemapgan.images, stylemapgan.data; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
