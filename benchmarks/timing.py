"""Time functions fairly, by alternating between them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Name = TypeVar("Name")


@dataclass(frozen=True, kw_only=True)
class Effort:
    """Number of rounds of a comparison."""

    warm_ups: int = 2
    """Warm-up rounds, which are not measured."""
    fewest: int = 3
    """Fewest measured rounds, however long they take."""
    most: int = 40
    """Most measured rounds."""
    seconds: float = 60.0
    """Seconds after which no further round begins."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Median and 95th percentile of some runs, in milliseconds."""

    p50: float
    p95: float
    repeats: int


def alternate(
    works: Mapping[Name, Callable[[], object]], effort: Effort, settle: Callable[[], None]
) -> dict[Name, Timing]:
    """Time some works in turn, so that a busy moment of the machine hits all of them.

    Args:
        works: Functions to time.
        effort: When to stop.
        settle: Waits until the device has finished.
    """
    for _ in range(effort.warm_ups):
        for work in works.values():
            work()
    seconds: dict[Name, list[float]] = {name: [] for name in works}
    begin = time.perf_counter()
    for finished in range(effort.most):
        if finished >= effort.fewest and time.perf_counter() - begin > effort.seconds:
            break
        for name, work in works.items():
            settle()
            start = time.perf_counter()
            work()
            settle()
            seconds[name].append(time.perf_counter() - start)
    return {name: summarise(each) for name, each in seconds.items()}


def summarise(seconds: list[float]) -> Timing:
    """Summarise measured seconds."""
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return Timing(p50=float(p50), p95=float(p95), repeats=len(seconds))
