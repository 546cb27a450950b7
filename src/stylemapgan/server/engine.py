"""Where the work is done: a few threads, a short queue, and an answer in time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from stylemapgan.server.errors import COME_BACK, ApiError

Result = TypeVar("Result")


class Engine:
    """Threads that run networks and unpack pictures, while the server goes on listening.

    Work that has begun cannot be stopped, so it keeps its place until it ends, whether or not
    anybody still waits for it. That bounds the work at any time to `workers + waiting`. Places that
    become free go to those who wait for one patiently, in the order in which they came.
    """

    def __init__(self, workers: int, waiting: int) -> None:
        """Start without any work.

        Args:
            workers: How many things are worked on at the same time.
            waiting: How many more may wait.
        """
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="engine")
        self._room = asyncio.Semaphore(workers + waiting)  # serves those who wait in order
        self.in_flight = 0

    async def run(self, work: Callable[..., Result], /, *arguments: Any, **named: Any) -> Result:
        """Do some work on another thread.

        Raises:
            ApiError: There is too much work already; come back in a second.
        """
        if self._room.locked():
            raise ApiError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "busy",
                f"The server works on {self.in_flight} requests already; try again in a second.",
                headers=COME_BACK,
            )
        return await self.run_patiently(work, *arguments, **named)

    async def run_patiently(
        self, work: Callable[..., Result], /, *arguments: Any, **named: Any
    ) -> Result:
        """Do some work as soon as there is room, for those who ask for one thing at a time.

        Who came first is served first; who is cancelled while waiting leaves the queue.
        """
        await self._room.acquire()
        self.in_flight += 1
        try:
            future = self._threads.submit(partial(work, *arguments, **named))
        except BaseException:  # the threads were shut down
            self._leave()
            raise
        done = asyncio.wrap_future(future)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: _soon(loop, self._leave))
        return await done

    def close(self) -> None:
        """Drop what has not begun; what has begun ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _leave(self) -> None:
        self.in_flight -= 1
        self._room.release()


def _soon(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """Act on the loop's own thread, unless the loop is gone."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(action)
