"""Results of optimisations are kept on disk, one by one."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from stylemapgan.methods.backbone.result_cache import ResultCache

PHOTOS = np.arange(24, dtype=np.float32).reshape(6, 4)


@dataclass(frozen=True)
class Settings:
    steps: int = 5


class Counted:
    """Doubles rows and remembers which."""

    def __init__(self, photos: np.ndarray = PHOTOS) -> None:
        self.photos = photos
        self.rows: list[list[int]] = []
        self.progress: list[tuple[int, int]] = []

    def __call__(self, rows, progress):
        self.rows.append(rows.tolist())
        self.progress.append(tuple(progress))
        return {"doubled": 2 * self.photos[rows]}


@pytest.fixture
def cache(tmp_path, monkeypatch) -> ResultCache:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return ResultCache.for_method("method", "weights", Settings())


def test_only_missing_results_are_computed(cache):
    first, second = Counted(PHOTOS[:3]), Counted()
    cache.results([PHOTOS[:3]], first, at_once=2)
    found = cache.results([PHOTOS], second, at_once=2)
    assert (first.rows, second.rows) == ([[0, 1], [2]], [[3, 4], [5]])
    assert second.progress == [(0, 3), (2, 3)]
    np.testing.assert_array_equal(found["doubled"], 2 * PHOTOS)


def test_what_was_computed_before_an_interruption_is_kept(cache):
    def interrupted(rows, progress):
        if progress.done:
            raise KeyboardInterrupt
        return {"doubled": 2 * PHOTOS[rows]}

    with pytest.raises(KeyboardInterrupt):
        cache.results([PHOTOS], interrupted, at_once=4)
    again = Counted()
    cache.results([PHOTOS], again, at_once=4)
    assert again.rows == [[4, 5]]


def test_other_settings_methods_models_and_inputs_have_results_of_their_own(cache, tmp_path):
    cache.results([PHOTOS], Counted(), at_once=6)
    others = [
        ResultCache.for_method("method", "weights", replace(Settings(), steps=6)),
        ResultCache.for_method("another", "weights", Settings()),
        ResultCache.for_method("method", "other weights", Settings()),
    ]
    for other in others:
        counted = Counted()
        other.results([PHOTOS], counted, at_once=6)
        assert counted.rows == [[0, 1, 2, 3, 4, 5]]
    counted = Counted()
    cache.results([PHOTOS, np.ones((6, 1), np.float32)], counted, at_once=6)
    assert len(counted.rows[0]) == 6


def test_a_damaged_result_is_computed_again(cache, tmp_path, caplog):
    cache.results([PHOTOS[:1]], Counted(), at_once=1)
    (path,) = tmp_path.rglob("*.safetensors")
    path.write_bytes(b"damaged")
    again = Counted()
    found = cache.results([PHOTOS[:1]], again, at_once=1)
    assert again.rows == [[0]]
    assert "damaged" in caplog.text
    np.testing.assert_array_equal(found["doubled"], 2 * PHOTOS[:1])


def test_without_a_folder_nothing_is_kept():
    for counted in (Counted(), Counted()):
        ResultCache("", None).results([PHOTOS], counted, at_once=6)
        assert len(counted.rows) == 1


def files(folder: Path) -> list[Path]:
    return list(folder.rglob("*.safetensors"))


def age(paths: list[Path], seconds: int) -> None:
    """Let files be used so long ago."""
    for path in paths:
        then = path.stat().st_mtime - seconds
        os.utime(path, (then, then))


def test_the_least_recently_used_results_of_all_methods_leave_when_there_are_too_many(
    cache, tmp_path
):
    other = ResultCache.for_method("another", "weights", Settings())
    other.results([PHOTOS[:2]], Counted(), at_once=2)
    age(files(tmp_path), 200)
    cache.results([PHOTOS[:3]], Counted(), at_once=3)
    age(files(tmp_path), 100)
    other.results([PHOTOS[:1]], Counted(), at_once=1)  # used again
    age(files(tmp_path), 50)
    (size,) = {path.stat().st_size for path in files(tmp_path)}

    small = replace(cache, most_bytes=4 * size)
    small.results([PHOTOS[:4]], Counted(), at_once=4)  # three are there and one is new
    assert len(files(tmp_path)) == 4
    counted = Counted()
    small.results([PHOTOS[:4]], counted, at_once=4)
    assert counted.rows == []

    age(files(tmp_path), 100)
    replace(other, most_bytes=4 * size).results([PHOTOS[:2]], Counted(), at_once=2)
    assert len(files(tmp_path)) == 4
    again = Counted()
    other.results([PHOTOS[:2]], again, at_once=2)
    assert again.rows == []


def test_a_result_that_was_read_outlives_those_that_were_not(cache, tmp_path):
    cache.results([PHOTOS[:3]], Counted(), at_once=3)
    age(files(tmp_path), 100)
    cache.results([PHOTOS[1:2]], Counted(), at_once=1)
    size = files(tmp_path)[0].stat().st_size
    replace(cache, most_bytes=2 * size).results([PHOTOS[5:]], Counted(PHOTOS[5:]), at_once=1)
    counted = Counted()
    cache.results([PHOTOS[:3]], counted, at_once=3)
    assert counted.rows == [[0, 2]]


def test_results_larger_than_all_that_may_stay_are_returned_whole(cache, tmp_path):
    found = replace(cache, most_bytes=1).results([PHOTOS], Counted(), at_once=2)
    np.testing.assert_array_equal(found["doubled"], 2 * PHOTOS)
    assert len(files(tmp_path)) == 1


def test_other_files_in_the_folder_stay(cache, tmp_path):
    cache.results([PHOTOS[:1]], Counted(), at_once=1)
    (path,) = files(tmp_path)
    notes = path.with_name("notes.safetensors")
    notes.write_bytes(b"mine")
    age([notes], 100)
    replace(cache, most_bytes=1).results([PHOTOS[:2]], Counted(), at_once=1)
    assert notes.exists()


def test_no_limit_is_enforced_where_nothing_new_was_computed(cache, tmp_path):
    cache.results([PHOTOS], Counted(), at_once=6)
    replace(cache, most_bytes=1).results([PHOTOS], Counted(), at_once=6)
    assert len(files(tmp_path)) == 6
