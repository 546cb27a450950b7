"""Photos from anywhere are unpacked once, by one process, and not kept forever."""

import math
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from picture_sources import greys, png, write_folder, write_lmdb, write_shards, write_tar, write_zip
from PIL import Image

from stylemapgan.data import batch_indices, open_photos, photo_cache
from stylemapgan.errors import DataError
from stylemapgan.types import WHOLE, Share

PICTURES = {f"{index:02d}.png": png(20 * index) for index in range(6)}
DAY_S = 24 * 3600


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_folder(tmp_path / "photos", PICTURES)


def entries(cache: Path) -> list[Path]:
    return sorted(path for path in cache.iterdir() if path.is_dir())


def age(path: Path, days: int) -> None:
    then = time.time() - days * DAY_S
    os.utime(path, (then, then))


def test_the_same_photos_come_out_of_every_place(tmp_path, cache, folder):
    pytest.importorskip("lmdb")
    values = {f"16-{index:05d}": content for index, content in enumerate(PICTURES.values())}
    write_shards(tmp_path / "shards", list(PICTURES.values()), [2, 4])
    expected = open_photos(folder, 16, cache).pixels
    for place in (
        write_zip(tmp_path / "a.zip", PICTURES),
        write_tar(tmp_path / "a.tar", PICTURES),
        write_lmdb(tmp_path / "lmdb", values | {"length": b"6"}),
        str(tmp_path / "shards"),
        f"{tmp_path}/shards/s-{{000..001}}.tar",
    ):
        np.testing.assert_array_equal(open_photos(place, 16, cache).pixels, expected)


def test_shards_from_afar_can_be_kept_too(tmp_path, cache, serve):
    write_shards(tmp_path / "far", list(PICTURES.values()), [2, 4])
    address, _ = serve(tmp_path / "far")
    assert len(open_photos(f"{address}/s-{{000..001}}.tar", 16, cache)) == 6


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_an_archive_is_unpacked_again_only_when_it_changes(tmp_path, cache, write):
    archive = write(tmp_path / f"a.{write.__name__[-3:]}", PICTURES)
    calls: list[tuple[int, int]] = []

    def opened() -> list[int]:
        photos = open_photos(str(archive), 16, cache, lambda *progress: calls.append(progress))
        return greys(photos.take(np.arange(len(photos))))

    assert opened() == opened() == [0, 20, 40, 60, 80, 100]
    assert calls == [(done, 6) for done in range(1, 7)]
    write(archive, PICTURES | {"00.png": png(7)})
    os.utime(archive, (0, 0))
    assert opened() == [7, 20, 40, 60, 80, 100]


def test_members_of_no_use_are_listed_with_their_reason(tmp_path, cache):
    members = PICTURES | {"x.png": b"", "y.png": b"<html>", "z.png": png(0, side=9)}
    photos = open_photos(write_zip(tmp_path / "a.zip", members), 32, cache)
    reasons = {skipped.path: skipped.reason for skipped in photos.skipped}
    assert reasons["x.png"] == "is empty (0 bytes)."
    assert reasons["y.png"].startswith("format not supported")
    assert reasons["z.png"] == "has only 9x9 pixels; each side needs at least 16."
    assert len(photos) == 6


def test_archives_of_no_use_are_explained(tmp_path, cache):
    archive = write_zip(tmp_path / "a.zip", {"a.png": b""})
    with pytest.raises(DataError, match=r"None of the 1 pictures in the zip archive .* a\.png, is"):
        open_photos(archive, 16, cache)
    with pytest.raises(DataError, match="at least 1 pixel, got 0"):
        open_photos(archive, 0, cache)
    assert entries(cache) == []


@pytest.mark.parametrize("images_seen", [0, 4, 100])
def test_shares_of_a_batch_are_its_rows(folder, cache, images_seen):
    photos = open_photos(folder, 16, cache)
    whole = photos.batch(images_seen, 4, WHOLE, seed=3)
    np.testing.assert_array_equal(whole, photos.take(batch_indices(6, 4, images_seen, 3)))
    for index in range(2):
        part = photos.batch(images_seen, 4, Share(index, 2), seed=3)
        np.testing.assert_array_equal(part, whole[index::2])


def test_a_few_photos_are_spread_evenly(folder, cache):
    photos = open_photos(folder, 16, cache)
    assert photos.size == 16
    assert [greys(batch) for batch in photos.spread(2, 5)] == [[0, 100]]
    batches = [greys(batch) for batch in photos.spread(8, 4)]
    assert batches == [[0, 20, 40, 60], [80, 100]]


def test_what_nobody_opened_for_long_is_removed(tmp_path, cache, folder):
    open_photos(folder, 16, cache)
    (old,) = entries(cache)
    mine = cache / "mine"
    mine.mkdir()
    for path in (old, mine):
        age(path, days=91)
    open_photos(folder, 8, cache)
    assert not old.exists()
    assert mine.exists()
    assert len(entries(cache)) == 2


def test_opening_an_entry_keeps_it(cache, folder):
    open_photos(folder, 16, cache)
    (used,) = entries(cache)
    age(used, days=91)
    open_photos(folder, 16, cache)
    open_photos(folder, 8, cache)
    assert used.exists()


@pytest.fixture
def long(tmp_path) -> Path:
    """Enough photos for others to come while they are unpacked."""
    return write_folder(tmp_path / "long", {f"{index:03d}.png": png(index) for index in range(60)})


def test_of_several_that_come_at_once_one_unpacks(long, cache):
    """The others wait, and see how far it is."""
    unpacked: list[str] = []
    told: dict[str, list[int]] = {}
    both_are_here = threading.Barrier(2)

    def come(name: str) -> None:
        def on_progress(done: int, total: int) -> None:
            if not told.setdefault(name, []):
                both_are_here.wait()
            told[name].append(done)
            while done == 40 and not all(map(max, told.values())):
                time.sleep(0.005)  # until the other one, if it waits, has looked again

        photos = open_photos(long, 32, cache, on_progress)
        assert len(photos) == 60
        if told[name] == list(range(1, 61)):
            unpacked.append(name)

    threads = [threading.Thread(target=come, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(unpacked) == 1
    (waited,) = {"a", "b"} - set(unpacked)
    assert told[waited] == sorted(told[waited])
    assert 0 < max(told[waited]) <= 60
    assert len(entries(cache)) == 1


def test_a_killed_process_holds_nobody_up(long, cache, monkeypatch):
    script = (
        "import os, signal, sys\n"
        "from stylemapgan.data import open_photos\n"
        "kill = lambda done, total: os.kill(os.getpid(), signal.SIGKILL) if done == 9 else None\n"
        "open_photos(sys.argv[1], 32, __import__('pathlib').Path(sys.argv[2]), kill)"
    )
    command = [sys.executable, "-c", script, str(long), str(cache)]
    for _ in range(2):  # the second one too finds a dead lock, and makes its own
        assert subprocess.run(command, check=False).returncode != 0
    assert len(entries(cache)) == 2
    monkeypatch.setattr(photo_cache, "SILENT_AFTER_S", math.inf)  # death is known at once
    assert len(open_photos(long, 32, cache)) == 60


def test_a_lock_of_another_machine_is_ignored_when_it_falls_silent(long, cache, monkeypatch):
    open_photos(long, 32, cache)
    (entry,) = entries(cache)
    lost = entry.with_name(f".{entry.name}.0.part")
    entry.rename(lost)
    (lost / "holder.json").write_text('{"machine": "elsewhere", "process": 1}')
    (lost / "pixels.raw").write_bytes(bytes(32 * 32 * 3 * 7))
    told: list[tuple[int, ...]] = []

    def on_progress(*progress: int) -> None:
        if not told:
            monkeypatch.setattr(photo_cache, "SILENT_AFTER_S", 0.0)
        told.append(progress)

    photos = open_photos(long, 32, cache, on_progress)
    assert len(photos) == 60
    assert told[0] == (7, 60)  # what the lost one had done
    assert told[-60:] == [(done, 60) for done in range(1, 61)]


def test_when_one_gives_up_the_next_takes_over(long, cache):
    """An interrupted process removes its lock; one that waited unpacks itself."""
    has_begun, waits = threading.Event(), threading.Event()

    def interrupted() -> None:
        def stop(done: int, total: int) -> None:
            has_begun.set()
            if done == 20:
                waits.wait()
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            open_photos(long, 32, cache, stop)

    thread = threading.Thread(target=interrupted)
    thread.start()
    has_begun.wait()
    assert len(open_photos(long, 32, cache, lambda done, total: waits.set())) == 60
    thread.join()
    assert len(entries(cache)) == 1


def test_files_that_other_processes_write_are_left_alone_and_old_ones_removed(tmp_path):
    pictures, cache = tmp_path / "pictures", tmp_path / "cache"
    pictures.mkdir()
    Image.new("RGB", (32, 32)).save(pictures / "one.png")
    cache.mkdir()
    fresh, old = cache / ".0123456789ab.part", cache / ".ba9876543210.part"
    for path in (fresh, old):
        path.write_text("an index, half written")
    os.utime(old, (0, 0))
    assert len(open_photos(pictures, 32, cache)) == 1
    assert fresh.exists()
    assert not old.exists()
