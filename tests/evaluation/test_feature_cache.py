"""Features are computed once, kept whole, and known again by what they are made from."""

import dataclasses
import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from stylemapgan.data import PhotoSet
from stylemapgan.evaluation import cache
from stylemapgan.evaluation.cache import FeatureCache, photos_key

FEATURES = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)


class Maker:
    """Makes the same features again and again, and counts."""

    def __init__(self, features: np.ndarray = FEATURES) -> None:
        self.features = features
        self.calls = 0

    def __call__(self) -> np.ndarray:
        self.calls += 1
        return self.features


@pytest.fixture
def maker() -> Maker:
    return Maker()


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_features_are_made_once(tmp_path, dtype):
    maker = Maker(FEATURES.astype(dtype))
    for _ in range(3):
        found = FeatureCache(tmp_path).features({"network": "a", "photos": "b"}, maker)
        np.testing.assert_array_equal(found, maker.features)
        assert found.dtype == dtype
    assert maker.calls == 1


def test_the_order_of_key_parts_does_not_matter_and_all_else_does(tmp_path, maker):
    cached = FeatureCache(tmp_path)
    cached.features({"network": "a", "count": 1}, maker)
    cached.features({"count": 1, "network": "a"}, maker)
    assert maker.calls == 1
    for parts in (
        {"network": "a", "count": 2},
        {"network": "a", "count": "1"},
        {"network": "a"},
        {"netw": "orka", "count": 1},
    ):
        cached.features(parts, maker)
    assert maker.calls == 5


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text"])
def test_damaged_entries_are_made_anew(tmp_path, maker, damage, caplog):
    cached = FeatureCache(tmp_path)
    cached.features({"network": "a"}, maker)
    [entry] = entries(tmp_path)
    whole = bytearray(entry.read_bytes())
    if damage == "flip":
        whole[-5] ^= 1  # one bit of one feature
    entry.write_bytes({"cut": whole[:-9], "flip": whole, "empty": b"", "text": b"abc"}[damage])
    for _ in range(2):
        np.testing.assert_array_equal(cached.features({"network": "a"}, maker), FEATURES)
    assert maker.calls == 2
    assert "damaged and will be computed again" in caplog.text


def test_what_fails_or_is_interrupted_leaves_nothing(tmp_path):
    def interrupted() -> np.ndarray:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        FeatureCache(tmp_path).features({"network": "a"}, interrupted)
    assert entries(tmp_path) == []


def test_a_folder_that_cannot_be_written_to_is_no_hindrance(tmp_path, maker, caplog):
    (tmp_path / "file").write_text("no folder")
    cached = FeatureCache(tmp_path / "file")
    np.testing.assert_array_equal(cached.features({"network": "a"}, maker), FEATURES)
    assert "could not be cached" in caplog.text


def test_the_users_cache_is_used_where_no_folder_is_given(tmp_path, maker, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    FeatureCache().features({"network": "a"}, maker)
    assert len(entries(tmp_path / "stylemapgan" / "features")) == 1


def test_what_was_used_longest_ago_makes_room(tmp_path, maker, monkeypatch):
    cached = FeatureCache(tmp_path)
    other = tmp_path / "notes.txt"
    other.write_text("not of this module")
    for number, age in enumerate((300, 200, 100)):
        before = set(tmp_path.iterdir())
        cached.features({"number": number}, maker)
        [entry] = set(tmp_path.iterdir()) - before
        os.utime(entry, (entry.stat().st_mtime - age,) * 2)
    cached.features({"number": 0}, maker)  # read, so used just now
    size = max(path.stat().st_size for path in entries(tmp_path))
    monkeypatch.setattr(cache, "MOST_BYTES", int(3.5 * size))
    cached.features({"number": 3}, maker)
    assert maker.calls == 4
    for number in (0, 2, 3):
        cached.features({"number": number}, maker)
    assert maker.calls == 4
    cached.features({"number": 1}, maker)
    assert maker.calls == 5
    assert other.is_file()


def work(folder: Path, number: int) -> bool:
    made = FeatureCache(folder).features({"number": number % 3}, lambda: FEATURES + number % 3)
    return bool((made == FEATURES + number % 3).all())


def test_several_processes_may_use_it(tmp_path):
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert all(pool.starmap(work, [(tmp_path, number) for number in range(60)]))
    assert len(entries(tmp_path)) == 3


def photos(count: int = 600, size: int = 4, seed: int = 0) -> PhotoSet:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    names = tuple(f"{number}.png" for number in range(count))
    return PhotoSet(pixels=pixels, names=names, skipped=())


def test_photos_are_known_by_their_pixels():
    key = photos_key(photos())
    assert photos_key(photos()) == key
    renamed = dataclasses.replace(photos(), names=tuple("x" * 600))
    assert photos_key(renamed) == key
    assert photos_key(photos(seed=1)) != key
    for row in (0, 255, 256, 599):
        changed = photos()
        changed.pixels[row, 1, 1, 1] ^= 1
        assert photos_key(changed) != key


def test_photos_cut_otherwise_have_another_key():
    one = photos(count=4, size=2)
    other = dataclasses.replace(one, pixels=one.pixels.reshape(1, 4, 4, 3), names=("0.png",))
    assert photos_key(one) != photos_key(other)
