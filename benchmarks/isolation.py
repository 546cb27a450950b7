"""Run measurements in separate processes, so that each has its own peak memory."""

import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Caller(Protocol):
    """A way to call a function: `apart` or `here`."""

    def __call__(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T: ...


def apart(function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function in a fresh process.

    The process is forked from a small server: a child of this process would inherit its peak
    memory, because Linux keeps that figure when a program is started.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as pool:
        return pool.submit(function, *arguments, **named).result()


def here(function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function in this process."""
    return function(*arguments, **named)


def process_peak() -> float:
    """Measure the peak memory of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10  # bytes there, else KiB
