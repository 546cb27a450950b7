"""Files behind addresses are read in parts, and failures that pass are waited out."""

import io

import numpy as np
import pytest
from picture_sources import WholeHandler

from stylemapgan.data.sources import remote
from stylemapgan.errors import DataError

CONTENT = np.random.default_rng(0).bytes(300_000)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "BLOCK", 2**16)
    (tmp_path / "file").write_bytes(CONTENT)
    return tmp_path


@pytest.mark.parametrize("handler", [None, WholeHandler], ids=["ranges", "whole"])
def test_a_remote_file_reads_like_a_local_one(folder, serve, handler):
    address, seen = serve(folder, handler) if handler else serve(folder)
    randomness = np.random.default_rng(1)
    with remote.open_remote(f"{address}/file") as far, io.BytesIO(CONTENT) as near:
        for _ in range(50):
            place, length = randomness.integers(0, 310_000, 2).tolist()
            assert far.seek(place) == near.seek(place)
            assert far.read(length) == near.read(length)
        assert far.tell() == near.tell()
    if handler:
        assert len(seen.requests) == 1  # it is kept


def test_reading_in_order_asks_once_for_each_block(folder, serve):
    address, seen = serve(folder)
    with remote.open_remote(f"{address}/file") as file:
        parts = iter(lambda: file.read(1_000), b"")
        assert b"".join(parts) == CONTENT
    assert len(seen.requests) == 5


def test_a_part_costs_one_request(folder, serve):
    address, seen = serve(folder)
    assert remote.read_range(f"{address}/file", 1_000, 50) == CONTENT[1_000:1_050]
    assert len(seen.requests) == 1


@pytest.mark.usefixtures("impatient")
def test_failures_that_pass_are_waited_out(folder, serve):
    address, seen = serve(folder)
    seen.failures += [503, 500, 429]
    assert remote.read_range(f"{address}/file", 0, 10) == CONTENT[:10]
    assert len(seen.requests) == 4


@pytest.mark.usefixtures("impatient")
def test_a_failing_look_at_the_length_is_made_again(folder, serve):
    address, seen = serve(folder)
    seen.failing_heads = 2
    with remote.open_remote(f"{address}/file") as file:
        assert file.read(10) == CONTENT[:10]


@pytest.mark.usefixtures("impatient")
def test_failures_that_stay_are_explained_in_one_line(folder, serve):
    address, seen = serve(folder)
    seen.failures += [503] * 20
    with pytest.raises(DataError, match="cannot be read after 5 attempts: 503") as caught:
        remote.read_range(f"{address}/file", 0, 10)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["none", "none/file"])
def test_what_is_not_there_is_not_asked_for_again(folder, serve, path):
    address, seen = serve(folder)
    with pytest.raises(DataError, match="cannot be read: the file does not exist"):
        remote.read_range(f"{address}/{path}", 0, 10)
    assert len(seen.requests) == 1
    assert remote.read_if_there(f"{address}/{path}") is None


def test_a_refusal_is_not_asked_for_again(folder, serve):
    address, seen = serve(folder)
    seen.failures += [403]
    with pytest.raises(DataError, match="cannot be read: 403"):
        remote.read_range(f"{address}/file", 0, 10)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_nobody_runs_is_explained():
    pytest.importorskip("aiohttp")
    with pytest.raises(DataError, match="after 5 attempts"):
        remote.open_remote("http://127.0.0.1:9/a.tar")


def test_addresses_end_in_a_name():
    assert remote.base_name("https://host/a/b.tar?key=c/d") == "b.tar"
    assert remote.base_name("a/b?.tar") == "b?.tar"
