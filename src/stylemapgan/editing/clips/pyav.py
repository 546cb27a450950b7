"""PyAV, which reads and writes video: imported where it is needed."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

from stylemapgan.errors import ImageError, MissingExtraError

Video: TypeAlias = Any
"""A value of PyAV."""
FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a full disk and of a quota that is reached."""


def import_av() -> Video:
    """Import PyAV.

    Raises:
        MissingExtraError: It is not installed.
    """
    os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder prints errors only
    try:
        import av
    except ModuleNotFoundError:
        raise MissingExtraError("PyAV", "video") from None
    return av


@contextmanager
def explaining(what: str) -> Iterator[None]:
    """Turn FFmpeg's errors while the block runs into one line; a full disk stays an `OSError`.

    Args:
        what: What cannot be done; the reason follows.
    """
    av = import_av()
    try:
        yield
    except av.error.FFmpegError as error:
        if error.errno in FULL:
            raise OSError(error.errno, error.strerror) from None
        raise ImageError(f"{what}: {error.strerror or error}.") from None


@contextmanager
def keeping_priority() -> Iterator[None]:
    """Undo what SVT-AV1 does when it is opened by root: give real-time priority to this thread.

    Its own threads inherit that, and all of them would starve every other program.
    """
    if not hasattr(os, "sched_getscheduler"):  # not Linux
        yield
        return
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        for thread in Path("/proc/self/task").iterdir():
            with suppress(ProcessLookupError):  # it has ended
                if os.sched_getscheduler(int(thread.name)) in (os.SCHED_FIFO, os.SCHED_RR):
                    os.sched_setscheduler(int(thread.name), policy, priority)


def seconds_of(ticks: int, unit: Fraction) -> Fraction:
    """Turn a number of ticks into seconds."""
    return ticks * Fraction(unit)
