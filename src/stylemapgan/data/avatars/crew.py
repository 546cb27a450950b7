"""Many files, drawn by several processes."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path
from typing import TypeAlias

from stylemapgan.data.avatars.config import AvatarConfig
from stylemapgan.data.interrupts import left_to_this_process
from stylemapgan.errors import DataError

Job: TypeAlias = Callable[[Path, AvatarConfig, int], None]
"""Writes the files with one number."""

CHUNK = 8
"""How many numbers a process takes at once: few, since a stop waits for them."""


def share_out(
    jobs: Sequence[tuple[Job, int]], folder: Path, settings: AvatarConfig, workers: int
) -> Generator[int]:
    """Do every job for all numbers below its count; yield how many are done so far.

    When the caller stops early, work under way is finished and the rest is dropped.

    Raises:
        DataError: A process died.
    """
    chunks = [
        (job, range(start, min(start + CHUNK, count)))
        for job, count in jobs
        for start in range(0, count, CHUNK)
    ]
    done = 0
    if workers <= 1:
        for job, numbers in chunks:
            done += _do(job, folder, settings, numbers)
            yield done
        return
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker
    )
    try:
        with left_to_this_process():
            futures: list[Future[int]] = [
                pool.submit(_do, job, folder, settings, numbers) for job, numbers in chunks
            ]
        for future in as_completed(futures):
            done += future.result()
            yield done
    except BrokenProcessPool:
        raise DataError(
            f"A process that drew died after {done:,} pictures, perhaps for lack of memory: "
            "run the same again with fewer workers; it goes on where it was."
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _do(job: Job, folder: Path, settings: AvatarConfig, numbers: range) -> int:
    for number in numbers:
        job(folder, settings, number)
    return len(numbers)


def _start_worker() -> None:
    """End when the parent is gone, however it went."""
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # only workers run this
    wait([parent.sentinel])
    os._exit(1)
