"""What every source of pictures promises."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from picture_sources import (
    Pictures,
    Serve,
    WholeHandler,
    png,
    records,
    write_folder,
    write_lmdb,
    write_shards,
    write_tar,
    write_zip,
)

from stylemapgan.data.sources import AbstractSource, open_source

COUNT = 9
EMPTY = 5
"""Index of the picture that has no content."""


@pytest.fixture
def pictures() -> Pictures:
    return {
        f"{'ab'[index // 5]}/{index:02d}.png": b"" if index == EMPTY else png(20 * index)
        for index in range(COUNT)
    }


def shards(folder: Path, pictures: Pictures) -> list[str]:
    return write_shards(folder, list(pictures.values()), [4, 3, 2])


def folder(place: Path, pictures: Pictures, serve: Serve) -> str:
    return str(write_folder(place / "photos", pictures))


def zip_archive(place: Path, pictures: Pictures, serve: Serve) -> str:
    return str(write_zip(place / "photos.zip", pictures))


def tar_archive(place: Path, pictures: Pictures, serve: Serve) -> str:
    return str(write_tar(place / "photos.tar", pictures))


def lmdb_data_set(place: Path, pictures: Pictures, serve: Serve) -> str:
    pytest.importorskip("lmdb")
    values = {f"16-{index:05d}": content for index, content in enumerate(pictures.values())}
    return str(write_lmdb(place / "photos", values | {"length": b"%d" % COUNT}))


def folder_of_shards(place: Path, pictures: Pictures, serve: Serve) -> str:
    shards(place / "shards", pictures)
    return str(place / "shards")


def range_of_shards(place: Path, pictures: Pictures, serve: Serve) -> str:
    shards(place, pictures)
    return f"{place}/s-{{000..002}}.tar"


def glob_of_shards(place: Path, pictures: Pictures, serve: Serve) -> str:
    shards(place, pictures)
    return f"{place}/s-*.tar"


def list_of_shards(place: Path, pictures: Pictures, serve: Serve) -> str:
    return "::".join(shards(place, pictures))


def served_shards(place: Path, pictures: Pictures, serve: Serve) -> str:
    shards(place, pictures)
    return f"{serve(place)[0]}/s-{{000..002}}.tar"


def shards_served_whole(place: Path, pictures: Pictures, serve: Serve) -> str:
    shards(place, pictures)
    return f"{serve(place, WholeHandler)[0]}/s-{{000..002}}.tar"


def shards_in_a_store(place: Path, pictures: Pictures, serve: Serve) -> str:
    """Stands in for s3://: fsspec treats both alike."""
    fsspec = pytest.importorskip("fsspec")
    for shard in shards(place, pictures):
        with fsspec.open(f"memory://{shard}", "wb") as file:
            file.write(Path(shard).read_bytes())
    return f"memory://{place}/s-*.tar"


@pytest.fixture(
    params=[
        folder,
        zip_archive,
        tar_archive,
        lmdb_data_set,
        folder_of_shards,
        range_of_shards,
        glob_of_shards,
        list_of_shards,
        served_shards,
        shards_served_whole,
        shards_in_a_store,
    ]
)
def place(request, tmp_path, pictures, serve) -> str:
    build: Callable[[Path, Pictures, Serve], str] = request.param
    return build(tmp_path, pictures, serve)


@pytest.fixture
def source(place) -> AbstractSource:
    return open_source(place)


def test_pictures_come_in_their_order_with_all_their_bytes(source, pictures):
    assert len(source) == COUNT
    for index, content in enumerate(pictures.values()):
        if index != EMPTY:
            assert source.record(index).content == content


def test_names_are_all_different_and_stay(source, place):
    assert len(set(source.names)) == len(source.names) == COUNT
    assert open_source(place).names == source.names


def test_records_may_be_read_in_any_order(source, pictures):
    contents = list(pictures.values())
    for index in (COUNT - 1, 3, 4, 0):
        assert source.record(index).content == contents[index]
        assert source.record(index).name == source.names[index]


def test_a_picture_that_cannot_be_read_is_reported_in_its_place(source):
    record = records(source)[EMPTY]
    assert record.name == source.names[EMPTY]
    assert record.content == b""
    assert record.problem == "is empty (0 bytes)."


def test_several_threads_may_read_at_once(source, pictures):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(source.record, list(range(COUNT)) * 20))
    assert [record.content for record in found] == list(pictures.values()) * 20


def test_other_processes_can_take_a_source_over(source, place, pictures):
    if place.startswith("memory"):
        pytest.skip("what is in memory is in this process only")
    script = (
        "import pickle, sys\n"
        "source = pickle.load(sys.stdin.buffer)\n"
        "contents = [source.record(index).content for index in range(len(source))]\n"
        "pickle.dump(contents, sys.stdout.buffer)"
    )
    source.record(0)  # so that whatever is kept open is open
    done = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps(source), capture_output=True, check=True
    )
    assert pickle.loads(done.stdout) == list(pictures.values())


def test_a_source_says_what_it_is(source, place):
    described = source.describe()
    assert described.startswith("the ")
    assert not described.endswith(".")
    assert Path(place).parent.name in described or "s-000.tar" in described


def test_fingerprints_stay_until_something_changes(source, place, tmp_path):
    before = source.fingerprints(tmp_path)
    assert len(before) == COUNT
    assert open_source(place).fingerprints(tmp_path) == before
