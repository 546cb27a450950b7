"""Bounds on simultaneous work: a pool of worker threads, and a limit per client."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from stylemapgan.server.api_errors import busy

Result = TypeVar("Result")


class WorkerPool:
    """Threads that run networks and decode pictures while the event loop stays responsive.

    A thread cannot be stopped, so a job counts until it ends, even if its client has gone. So at
    most `workers + waiting` jobs exist at any time. Free slots go to callers of `run_when_free`
    in the order of their calls.
    """

    def __init__(self, workers: int, waiting: int) -> None:
        """Start the pool.

        Args:
            workers: Threads.
            waiting: Jobs that may wait for a thread.
        """
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="worker")
        self._slots = asyncio.Semaphore(workers + waiting)  # first come, first served
        self.in_flight = 0
        """Jobs that run or wait for a thread."""

    async def run(self, job: Callable[..., Result], /, *arguments: Any) -> Result:
        """Run a job on a worker thread, if there is room now.

        Raises:
            ApiError: All slots are taken.
        """
        if self._slots.locked():
            raise busy(
                f"The server already works on {self.in_flight} requests; try again in a second."
            )
        return await self.run_when_free(job, *arguments)

    async def run_when_free(self, job: Callable[..., Result], /, *arguments: Any) -> Result:
        """Run a job on a worker thread; wait for a slot first.

        Callers are served in order; a cancelled caller leaves the queue.
        """
        await self._slots.acquire()
        self.in_flight += 1
        try:
            future = self._threads.submit(partial(job, *arguments))
        except BaseException:  # the pool was closed
            self._release()
            raise
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: _call_soon(loop, self._release))
        return await asyncio.wrap_future(future)  # its callback is later: the slot is free by then

    def close(self) -> None:
        """Drop waiting jobs; running ones end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _release(self) -> None:
        self.in_flight -= 1
        self._slots.release()


class ConcurrencyLimit:
    """Limit how many clients use something at the same time; for the event loop's thread only."""

    def __init__(self, count: int, what: str, count_per_client: int | None = None) -> None:
        """Set the limits.

        Args:
            count: Limit for all clients together.
            what: What is limited, for error messages.
            count_per_client: Limit for one client; `count` if left out.
        """
        self._count = count
        self._what = what
        self._count_per_client = count_per_client or count
        self._active: Counter[str] = Counter()

    @property
    def active(self) -> int:
        """How many are in use."""
        return self._active.total()

    @contextmanager
    def acquire(self, client: str) -> Iterator[None]:
        """Count one use while the block runs.

        Raises:
            ApiError: A limit is reached.
        """
        if self.active >= self._count or self._active[client] >= self._count_per_client:
            raise busy(f"Too many simultaneous {self._what}; try again in a second.")
        self._active[client] += 1
        try:
            yield
        finally:
            self._active[client] -= 1
            if not self._active[client]:
                del self._active[client]


def _call_soon(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """Run an action on the loop's thread, unless the loop has ended."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(action)
