"""Workers share jobs, stop when asked, and explain their death."""

import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from stylemapgan.data.worker_pool import ShouldStop, Stopped, in_processes, in_threads
from stylemapgan.errors import DataError

PATIENCE_S = 60.0


def square(number: int, should_stop: ShouldStop) -> int:
    return number**2


def die(number: int, should_stop: ShouldStop) -> int:
    os._exit(3)


def wait_for_stop(file: Path, should_stop: ShouldStop) -> int:
    """Finish the first job at once; run the others until they are asked to stop."""
    if file.name == "0":
        return 0
    file.touch()
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if should_stop():
            file.unlink()
            raise Stopped
        time.sleep(0.01)
    return 1


@pytest.mark.parametrize("workers", [1, 2])
def test_each_job_is_done_once_with_any_number_of_workers(workers):
    assert sorted(in_processes(square, range(5), workers)) == [0, 1, 4, 9, 16]


def test_closing_stops_running_jobs_and_drops_the_others(tmp_path):
    files = [tmp_path / str(number) for number in range(50)]
    with closing(in_processes(wait_for_stop, files, workers=2)) as counts:
        assert next(counts) == 0
    assert list(tmp_path.iterdir()) == []


def test_the_death_of_a_worker_is_explained():
    with pytest.raises(DataError, match=r"worker process died.*with fewer workers"):
        list(in_processes(die, range(2), workers=2))


def test_threads_keep_the_order_of_the_items():
    assert list(in_threads(lambda number: number**2, range(600))) == [n**2 for n in range(600)]
