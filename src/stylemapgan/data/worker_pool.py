"""Threads and processes that share work."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection
from multiprocessing.synchronize import Event
from typing import Any, TypeAlias, TypeVar

from stylemapgan.errors import DataError

Item = TypeVar("Item")
Result = TypeVar("Result")
ShouldStop: TypeAlias = Callable[[], bool]
Job: TypeAlias = Callable[[Item, ShouldStop], Result]
"""Does the work for one item and says what came of it; raises `Stopped` if asked to stop."""

CONTEXT = multiprocessing.get_context("spawn")
"""Forked processes would inherit locks that other threads hold."""
CHUNK = 256
"""Items handed to the threads at a time."""


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """A job ended early because the pool stops."""


def in_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Apply a function on all cores; results come in the order of the items.

    Threads suffice, because reading, hashing, decoding and resizing release Python's lock.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(items), CHUNK):
            yield from pool.map(function, items[start : start + CHUNK])


def in_processes(job: Job[Item, Result], items: Sequence[Item], workers: int) -> Generator[Result]:
    """Run a job for each item, in this process or in several worker processes.

    Close the generator to stop early: running jobs are asked to stop, the others are dropped, and
    all workers have ended when `close` returns. Workers also end when this process is killed.

    Args:
        job: Called with an item; must be picklable, and is sent once to each worker.
        items: Each is taken by the first worker that is free.
        workers: Number of processes; with 1, all work is done here.

    Yields:
        What each job returns, as soon as it has finished.

    Raises:
        DataError: A worker process died.
    """
    workers = min(workers, len(items))
    if workers <= 1:
        yield from (job(item, lambda: False) for item in items)
        return
    stop = CONTEXT.Event()
    pool = ProcessPoolExecutor(workers, CONTEXT, _start_worker, (job, stop))
    try:
        with _interrupts_ignored():
            futures: list[Future[Result]] = [pool.submit(_run, item) for item in items]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool:
        raise DataError(
            "A worker process died, most likely for lack of memory. Finished work is kept: run "
            "the same command again with fewer workers."
        ) from None
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Let processes that start in the block ignore Ctrl-C, which a terminal sends to all.

    Only the process that started them handles it, and then stops them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may change signal handlers
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_job: Job[Any, Any]
"""The job of this worker process."""
_stop: Event


def _start_worker(job: Job[Any, Any], stop: Event) -> None:
    global _job, _stop  # a process pool has no other place for them
    _job, _stop = job, stop
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _run(item: Any) -> Any:
    return _job(item, _stop.is_set)


def _exit_with_parent() -> None:
    """End this worker when its parent has ended, even if the parent was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # only workers run this
    connection.wait([parent.sentinel])
    os._exit(1)
