"""The order of photos is random, fair, and reachable from anywhere."""

from itertools import pairwise

import numpy as np
import pytest

from stylemapgan.data import batch_indices, photo_order, spread_rows


@pytest.mark.parametrize(("count", "batch"), [(10, 4), (3, 8), (1, 5), (16, 16)])
def test_every_epoch_shows_each_photo_once(count, batch):
    shown = np.concatenate([batch_indices(count, batch, at * batch, 7) for at in range(count)])
    assert shown.dtype == np.int64
    for epoch in shown.reshape(batch, count):
        assert sorted(epoch) == list(range(count))


def test_the_batch_after_any_number_of_images_is_the_same_however_one_gets_there():
    whole = batch_indices(11, 100, 0, seed=3)
    for start in (0, 5, 10, 11, 37):
        np.testing.assert_array_equal(batch_indices(11, 9, start, seed=3), whole[start : start + 9])


def test_epochs_and_seeds_differ():
    first, second = batch_indices(50, 100, 0, seed=0).reshape(2, 50)
    other = batch_indices(50, 50, 0, seed=1)
    assert (first != second).any()
    assert (first != other).any()


def test_the_caller_may_change_what_it_gets():
    batch_indices(5, 5, 0, 0)[:] = -1
    assert sorted(batch_indices(5, 5, 0, 0)) == [0, 1, 2, 3, 4]


def test_a_million_photos_do_not_slow_batches_down():
    photo_order._epoch_order.cache_clear()
    for step in range(100):
        batch_indices(1_000_000, 16, step * 16, 0)
    assert photo_order._epoch_order.cache_info().misses == 1  # shuffled once


@pytest.mark.parametrize(("total", "most"), [(0, 3), (1, 3), (7, 1), (7, 3), (3, 7), (1000, 64)])
def test_spread_rows_are_different_and_reach_from_end_to_end(total, most):
    rows = spread_rows(total, most).tolist()
    assert len(set(rows)) == len(rows) == min(total, most)
    assert rows == sorted(rows)
    if len(rows) > 1:
        steps = {after - before for before, after in pairwise(rows)}
        assert (rows[0], rows[-1]) == (0, total - 1)
        assert max(steps) - min(steps) <= 1
