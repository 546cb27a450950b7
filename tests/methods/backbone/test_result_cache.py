"""Results of optimisations are kept on disk, one by one."""

from dataclasses import dataclass, replace

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
