"""Caches stay below a size, whoever else removes files meanwhile."""

import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stylemapgan.data.cache_size import limit_size, record_use


@pytest.fixture
def entries(tmp_path) -> list[Path]:
    """Files of 10 bytes; the first was used last."""
    paths = [tmp_path / f"{number}.bin" for number in range(6)]
    for number, path in enumerate(paths):
        path.write_bytes(b"0123456789")
        os.utime(path, (1000 - number, 1000 - number))
    return paths


def staying(entries: list[Path]) -> list[int]:
    return [number for number, path in enumerate(entries) if path.exists()]


@pytest.mark.parametrize(("most", "stay"), [(60, 6), (59, 5), (25, 2), (10, 1), (0, 1)])
def test_the_least_recently_used_leave_until_the_rest_fit(entries, most, stay):
    limit_size(entries, most)
    assert staying(entries) == list(range(stay))


def test_use_is_recorded(entries):
    record_use(entries[4])
    limit_size(entries, 20)
    assert staying(entries) == [0, 4]
    entries[5].unlink(missing_ok=True)
    record_use(entries[5])  # removed meanwhile: no error
    assert not entries[5].exists()


def test_files_that_another_process_removes_first_make_room(entries):
    def listed() -> Iterator[Path]:
        for number, path in enumerate(entries):
            if number in (1, 5):
                path.unlink()  # after it was found, before it is looked at
            yield path

    limit_size(listed(), 30)
    assert staying(entries) == [0, 2, 3]


def shrink(folder: Path, most: int) -> None:
    limit_size(list(folder.iterdir()), most)


def test_processes_that_make_room_at_once_end_with_the_same_files(tmp_path):
    for number in range(300):
        (tmp_path / f"{number:03}").write_bytes(b"0123456789")
        os.utime(tmp_path / f"{number:03}", (number, number))
    processes = [
        multiprocessing.get_context("fork").Process(target=shrink, args=(tmp_path, 100))
        for _ in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{n}" for n in range(290, 300)]
