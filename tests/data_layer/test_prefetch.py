"""Batches made ready ahead are the same batches."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from stylemapgan.data import AbstractPhotos, PhotoSet, Prefetcher
from stylemapgan.errors import DataError
from stylemapgan.types import Share


class WatchedPhotos(AbstractPhotos):
    """Photos that say what they were asked for, and do something first."""

    skipped = ()

    def __init__(self, first: Callable[[int], None] = lambda images_seen: None) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 3), dtype=np.uint8)
        self.plain = PhotoSet(pixels=pixels, names=tuple("abcdefghij"), skipped=())
        self.first = first
        self.asked: list[tuple[int, str]] = []

    @property
    def size(self) -> int:
        return 8

    def __len__(self) -> int:
        return 10

    def batch(self, images_seen: int, batch: int, share: Share, seed: int):
        self.asked.append((images_seen, threading.current_thread().name))
        self.first(images_seen)
        return self.plain.batch(images_seen, batch, share, seed)

    def spread(self, most: int, rows: int):
        return self.plain.spread(most, rows)

    def close(self) -> None:
        pass


def test_batches_are_those_that_the_photos_give():
    photos, share = WatchedPhotos(), Share(1, 2)
    with Prefetcher(photos, 4, share, seed=5) as prefetcher:
        for images_seen in (0, 4, 8, 100, 104, 0):
            expected = photos.plain.batch(images_seen, 4, share, 5)
            np.testing.assert_array_equal(prefetcher.take(images_seen), expected)


def test_the_next_batch_is_made_while_the_caller_works():
    asked_for = {images_seen: threading.Event() for images_seen in (0, 4, 8)}
    photos = WatchedPhotos(lambda images_seen: asked_for[images_seen].set())
    with Prefetcher(photos, 4) as prefetcher:
        prefetcher.take(0)
        asked_for[4].wait()  # for ever, were it made only when it is taken
        prefetcher.take(4)
    assert [images_seen for images_seen, _ in photos.asked][:2] == [0, 4]
    assert {thread.split("_")[0] for _, thread in photos.asked} == {"prefetch"}


def test_what_goes_wrong_is_raised_for_the_batch_that_it_concerns():
    failing = {4}

    def fail(images_seen: int) -> None:
        if images_seen in failing:
            raise DataError("no more photos")

    with Prefetcher(WatchedPhotos(fail), 4) as prefetcher:
        prefetcher.take(0)
        with pytest.raises(DataError, match="no more photos"):
            prefetcher.take(4)
        failing.clear()
        assert len(prefetcher.take(4)) == 4


def test_closing_ends_the_thread():
    before = threading.active_count()
    prefetcher = Prefetcher(WatchedPhotos(), 4)
    prefetcher.take(0)
    assert threading.active_count() == before + 1
    prefetcher.close()
    assert threading.active_count() == before
    with prefetcher:
        assert len(prefetcher.take(4)) == 4
    assert threading.active_count() == before
