"""Several processes that share the work, and leave together."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from multiprocessing.synchronize import Event

from stylemapgan.data.interrupts import left_to_this_process
from stylemapgan.data.preparing.work import Work
from stylemapgan.errors import DataError

CONTEXT = multiprocessing.get_context("spawn")
"""Forked processes inherit locks that threads of ours may hold."""

_work: Work
"""Of a worker process."""
_stop: Event


def do_here(work: Work, numbers: Sequence[int], on_done: Callable[[int], None]) -> None:
    """Prepare chunks in this process.

    Args:
        work: What to do.
        numbers: Which chunks.
        on_done: Told after each how many pictures it had.
    """
    for number in numbers:
        on_done(work.do(number, should_stop=lambda: False))


def do_in_processes(
    work: Work, numbers: Sequence[int], on_done: Callable[[int], None], workers: int
) -> None:
    """Prepare chunks in several processes, each as soon as a process is free.

    Raises:
        DataError: A process died.
    """
    stop = CONTEXT.Event()
    pool = ProcessPoolExecutor(min(workers, len(numbers)), CONTEXT, _begin, (work, stop))
    try:
        with left_to_this_process():
            futures: list[Future[int]] = [pool.submit(_do, number) for number in numbers]
        for future in as_completed(futures):
            on_done(future.result())
    except BrokenProcessPool:
        raise DataError(
            "A worker process died, most likely for lack of memory. What is done is kept: run "
            "the same command again, with fewer workers."
        ) from None
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _begin(work: Work, stop: Event) -> None:
    """Get ready as a worker: our parent's death is our business."""
    global _work, _stop  # a process pool has no other place for them
    _work, _stop = work, stop
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _do(number: int) -> int:
    return _work.do(number, _stop.is_set)


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # we are a worker
    connection.wait([parent.sentinel])
    os._exit(1)
