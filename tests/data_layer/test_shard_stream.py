"""A stream of shards is random, fair, bounded in memory, and reachable from anywhere."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from picture_sources import greys, png, write_shards, write_tar

from stylemapgan.data import ShardStream
from stylemapgan.data.shard_windows import ShardOrder
from stylemapgan.errors import DataError
from stylemapgan.types import WHOLE, Share

LENGTHS = [7, 5, 9, 3]
COUNT = sum(LENGTHS)


@pytest.fixture
def shards(tmp_path) -> str:
    """24 pictures, each in a grey of its own."""
    write_shards(tmp_path / "shards", [png(10 * index) for index in range(COUNT)], LENGTHS)
    return f"{tmp_path}/shards/s-{{000..003}}.tar"


def stream(place: str, window: int = 6) -> ShardStream:
    return ShardStream(place, 8, window)


def shown(photos: ShardStream, batches: int, batch: int = 4, share: Share = WHOLE) -> list[int]:
    """Greys of the first batches."""
    shares = [photos.batch(step * batch, batch, share, seed=7) for step in range(batches)]
    return greys(np.concatenate(shares))


def test_every_epoch_shows_each_picture_once_in_an_order_of_its_own(shards):
    photos = stream(shards)
    assert len(photos) == COUNT
    assert photos.size == 8
    epochs = np.reshape(shown(photos, 18), (3, COUNT))
    for epoch in epochs:
        assert sorted(epoch) == [10 * index for index in range(COUNT)]
    assert not (epochs[0] == epochs[1]).all()
    assert greys(photos.batch(0, COUNT, WHOLE, seed=8)) != epochs[0].tolist()


@pytest.mark.parametrize("share", [WHOLE, Share(0, 2), Share(1, 2)])
def test_a_resumed_stream_shows_what_an_uninterrupted_one_does(shards, share):
    whole = stream(shards)
    batches = [whole.batch(at, 4, share, 7) for at in range(0, 120, 4)]
    for step in (0, 1, 5, 6, 13, 29):
        resumed = stream(shards)
        for later in range(step, min(step + 3, 30)):
            np.testing.assert_array_equal(resumed.batch(later * 4, 4, share, 7), batches[later])
    for step in (29, 3, 4, 0):  # and in any order
        np.testing.assert_array_equal(whole.batch(step * 4, 4, share, 7), batches[step])


def test_processes_together_see_every_picture_of_an_epoch_once(tmp_path):
    pictures = [png(10 * index) for index in range(24)]
    place = "::".join(write_shards(tmp_path, pictures, [6, 6, 6, 6]))
    processes = [stream(place), stream(place)]
    for epoch in range(3):
        seen = [
            grey
            for index, photos in enumerate(processes)
            for step in range(6)
            for grey in greys(photos.batch(epoch * 24 + step * 4, 4, Share(index, 2), 7))
        ]
        assert sorted(seen) == [10 * index for index in range(24)]


def test_processes_with_unequal_shards_cycle_each_over_its_own(shards):
    for index in range(2):
        share = Share(index, 2)
        order = ShardOrder(LENGTHS, share, seed=7, window=6)
        first_epoch = sum(LENGTHS[shard] for shard in order.shards(0))
        assert len(order.shards(0)) == 2
        seen = shown(stream(shards), batches=first_epoch, batch=2, share=share)
        assert max(Counter(seen).values()) == 1


def test_memory_is_bounded_by_two_windows(shards):
    photos = stream(shards, window=5)
    assert photos.buffered == 0
    for step in range(40):
        photos.batch(step * 3, 3, WHOLE, 7)
        assert 0 < photos.buffered <= 10


def test_nothing_beyond_the_windows_is_read(tmp_path, serve):
    """Of 6 shards, those that the two windows touch, once the pictures are counted."""
    pictures = [png(index, side=64) for index in range(60)]
    shards = write_shards(tmp_path, pictures, [10] * 6)
    counts = {Path(shard).name: 10 for shard in shards}
    (tmp_path / "index.json").write_text(json.dumps({"shards": counts}))
    address, seen = serve(tmp_path)
    photos = stream(f"{address}/s-{{000..005}}.tar", window=10)
    assert [path for path in seen.requests if path.endswith(".tar")] == []
    photos.batch(0, 10, WHOLE, 7)
    photos.close()
    assert len({path for path in seen.requests if path.endswith(".tar")}) <= 3


def test_a_window_larger_than_the_epoch_shuffles_all_of_it(shards):
    assert sorted(shown(stream(shards, window=1000), 6)) == [10 * index for index in range(COUNT)]


def test_pictures_of_no_use_are_replaced_and_listed(tmp_path):
    good = {f"{index}.png": png(10 * index) for index in range(8)}
    write_tar(tmp_path / "s-0.tar", good | {"bad.png": b"<html>", "none.png": b""})
    place = f"{tmp_path}/s-*.tar"
    first = shown(stream(place, window=5), 10)
    photos = stream(place, window=5)
    assert shown(photos, 10) == first
    assert set(first) == {10 * index for index in range(8)}
    reasons = {skipped.path: skipped.reason for skipped in photos.skipped}
    assert reasons["s-0.tar/none.png"] == "is empty (0 bytes)."
    assert reasons["s-0.tar/bad.png"].startswith("format not supported")
    assert len(photos.skipped) == 2


def test_a_window_without_any_use_is_explained(tmp_path):
    write_tar(tmp_path / "s-0.tar", {"a.png": b"", "b.png": b""})
    photos = stream(f"{tmp_path}/s-*.tar")
    with pytest.raises(DataError, match=r"None of 2 pictures .* s-0\.tar/[ab]\.png, is empty"):
        photos.batch(0, 1, WHOLE, 7)
    with pytest.raises(DataError, match=r"None of the first pictures in the shards"):
        list(photos.spread(1, 1))


def test_fewer_shards_than_processes_are_explained(shards):
    with pytest.raises(DataError, match="4 shards are too few for 5 processes"):
        stream(shards).batch(0, 10, Share(0, 5), 7)


def test_a_batch_that_cannot_be_shared_evenly_is_explained(shards):
    with pytest.raises(
        DataError, match="batch of 5 images cannot be divided evenly among 2 processes"
    ):
        stream(shards).batch(0, 5, Share(0, 2), 7)


def test_a_few_pictures_are_the_first_of_shards_spread_evenly(shards):
    photos = stream(shards)

    def spread(most: int, rows: int) -> list[list[int]]:
        return [greys(batch) for batch in photos.spread(most, rows)]

    assert spread(4, 4) == [[0, 70, 120, 210]]
    assert spread(2, 9) == [[0, 210]]
    assert spread(8, 3) == [[0, 10, 70], [80, 120, 130], [210, 220]]
    most = [grey for batch in spread(100, 10) for grey in batch]
    assert len(most) == len(set(most)) >= 0.8 * COUNT  # large shards give no more than small ones


def test_a_few_pictures_are_read_when_their_batch_is_due(shards):
    photos = stream(shards)
    batches = photos.spread(8, 2)
    (Path(shards).parent / "s-003.tar").unlink()
    assert [greys(next(batches)) for _ in range(3)] == [[0, 10], [70, 80], [120, 130]]
    with pytest.raises(DataError, match=r"s-003\.tar"):
        next(batches)


def test_a_folder_stands_for_its_shards(shards):
    assert len(stream(str(Path(shards).parent))) == COUNT


def test_counting_is_reported(shards):
    told: list[tuple[int, int]] = []
    ShardStream(shards, 8, on_progress=lambda *progress: told.append(progress))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_shards_without_pictures_are_left_out(tmp_path, shards):
    write_tar(tmp_path / "shards" / "s-004.tar", {"a.json": b"{}"})
    assert len(stream(f"{tmp_path}/shards/s-*.tar")) == COUNT
    assert sorted(shown(stream(f"{tmp_path}/shards/s-*.tar"), 6)) == list(range(0, 240, 10))
    with pytest.raises(DataError, match="There are no pictures in the shards"):
        stream(f"{tmp_path}/shards/s-004.tar")


def test_an_index_of_other_shards_is_explained(tmp_path, shards):
    (tmp_path / "shards" / "index.json").write_text('{"shards": {"s-001.tar": 50}}')
    photos = stream(shards)
    assert len(photos) == COUNT + 45
    with pytest.raises(DataError, match=r"s-001\.tar holds 5 pictures instead of 50"):
        shown(photos, 20)


@pytest.mark.parametrize("text", ["{", "[]", '{"shards": {"a.tar": -1}}', '{"shards": 3}'])
def test_a_damaged_index_is_explained(tmp_path, shards, text):
    (tmp_path / "shards" / "index.json").write_text(text)
    with pytest.raises(DataError, match=r"index\.json is damaged .* delete it"):
        stream(shards)


def test_a_damaged_shard_is_explained(tmp_path, shards):
    shard = tmp_path / "shards" / "s-002.tar"
    shard.write_bytes(shard.read_bytes()[:3000])
    with pytest.raises(DataError, match=r"s-002\.tar is damaged"):
        stream(shards)


def test_streams_come_from_servers_and_stores_too(shards, serve):
    fsspec = pytest.importorskip("fsspec")
    folder = Path(shards).parent
    expected = shown(stream(shards), 12)
    address, _ = serve(folder)
    assert shown(stream(f"{address}/s-{{000..003}}.tar"), 12) == expected
    for shard in folder.glob("*.tar"):
        with fsspec.open(f"memory://stream/{shard.name}", "wb") as file:
            file.write(shard.read_bytes())
    assert shown(stream("memory://stream/s-*.tar"), 12) == expected


@pytest.mark.usefixtures("impatient")
def test_a_failing_network_is_waited_out_and_then_explained(shards, serve):
    expected = shown(stream(shards), 6)
    address, seen = serve(Path(shards).parent)
    photos = stream(f"{address}/s-{{000..003}}.tar")
    seen.failures += [503, 500]
    assert shown(photos, 6) == expected
    seen.failures += [503] * 50
    with pytest.raises(DataError, match="cannot be read after 5 attempts: 503") as caught:
        shown(photos, 24)
    assert "\n" not in str(caught.value)
    seen.failures.clear()
    assert shown(photos, 6) == expected


def test_a_stream_ends_its_threads(shards):
    photos = stream(shards)
    photos.batch(0, 4, WHOLE, 7)
    photos.close()
    with pytest.raises(RuntimeError, match="shutdown"):
        photos.batch(40, 4, WHOLE, 7)


def test_a_million_shards_are_dealt_out_quickly():
    order = ShardOrder([1000] * 100_000, Share(3, 64), seed=0, window=2048)
    window, place = order.window_at(10**8)
    assert window.epoch == 10**8 // (100_000 // 64 * 1000 + 1000 * (3 < 100_000 % 64))
    assert 0 <= place < window.length <= 2048
