"""Processes of their own, so that the peak of one measurement does not hide in another's."""

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

    The process is forked from a small server: one that this process starts itself would
    inherit its peak memory, as Linux keeps that figure when a program is started.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as pool:
        return pool.submit(function, *arguments, **named).result()


def here(function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function in this process."""
    return function(*arguments, **named)


def process_peak() -> float:
    """The most memory this process has held so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10  # bytes there, else KiB
