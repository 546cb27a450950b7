"""Stop a command cleanly when the user or the system asks."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

ENDING = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGPWR", "SIGBREAK")
"""Signals beside Ctrl-C that ask a process to end soon. SIGHUP: the terminal was closed; SIGUSR1,
SIGUSR2 and SIGXCPU: a batch job's time is nearly over; SIGPWR: so is the battery's. Ctrl-\\
(SIGQUIT) still ends a process at once."""
LEFT_IF_IGNORED = ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGPWR")
"""Signals that stay ignored if the parent process ignored them, as `nohup` does."""


class _Interrupt:
    """A KeyboardInterrupt that waits for the end of `finish_first` blocks."""

    blocks = 0
    """Number of nested blocks it waits for."""
    is_waiting = False


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """Provide a function that says whether Ctrl-C, SIGTERM or a similar signal arrived.

    A second Ctrl-C raises KeyboardInterrupt, after the current `finish_first` block if there is
    one; a third raises it at once.
    """
    asked: list[int] = []

    def remember(number: int, frame: object) -> None:
        asked.append(number)
        if asked.count(signal.SIGINT) < 2 or number != signal.SIGINT:
            return
        if _Interrupt.blocks and not _Interrupt.is_waiting:
            _Interrupt.is_waiting = True
        else:
            raise KeyboardInterrupt

    with _handled_by(remember, {signal.SIGINT, *_ending_signals()}):
        yield lambda: bool(asked)


@contextmanager
def end_on_signals() -> Iterator[None]:
    """Turn SIGTERM and similar signals into SystemExit, so that `finally` blocks run.

    Ctrl-C raises KeyboardInterrupt anyway.
    """

    def end(number: int, frame: object) -> None:
        sys.exit(128 + number)

    with _handled_by(end, _ending_signals()):
        yield


@contextmanager
def finish_first() -> Iterator[None]:
    """Delay a second Ctrl-C to the end of this block."""
    _Interrupt.blocks += 1
    try:
        yield
    finally:
        _Interrupt.blocks -= 1
        is_due = _Interrupt.is_waiting and not _Interrupt.blocks
        _Interrupt.is_waiting = _Interrupt.is_waiting and not is_due
        if is_due and sys.exc_info()[0] is None:
            raise KeyboardInterrupt


def _ending_signals() -> set[signal.Signals]:
    """List the signals that this system has and the parent process did not ignore."""
    known = {name: signal.Signals[name] for name in ENDING if name in signal.Signals.__members__}
    return {
        number
        for name, number in known.items()
        if name not in LEFT_IF_IGNORED or signal.getsignal(number) != signal.SIG_IGN
    }


@contextmanager
def _handled_by(
    handler: Callable[[int, Any], None], numbers: set[signal.Signals]
) -> Iterator[None]:
    previous = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
