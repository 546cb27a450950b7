"""Stop a run politely when the user or the system asks."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

POLITE = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGPWR", "SIGBREAK")
"""Beside Ctrl-C: how systems say that the end is near. SIGHUP: the terminal was closed; SIGUSR1,
SIGUSR2 and SIGXCPU: a batch system's time is nearly over; SIGPWR: so is the battery's. Ctrl-\\
(SIGQUIT) stays what it is: the way to end a process at once."""
LEFT_IF_IGNORED = ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGPWR")
"""Whoever starts a run may decide that it should not notice, as `nohup` does."""


class _Interrupt:
    """A KeyboardInterrupt that may have to wait for a block."""

    blocks = 0
    """How many blocks, one inside the other, it has to wait for."""
    is_waiting = False


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C, SIGTERM and their like into a question that the loop asks after each update.

    A second Ctrl-C does not wait for the question, but for a block of `finish_first`; a third
    interrupts at once.
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

    with _handled_by(remember, {signal.SIGINT, *_polite_signals()}):
        yield lambda: bool(asked)


@contextmanager
def end_on_signals() -> Iterator[None]:
    """Turn SIGTERM and its like into SystemExit, so that what was begun is put in order.

    Ctrl-C raises KeyboardInterrupt anyway.
    """

    def end(number: int, frame: object) -> None:
        sys.exit(128 + number)

    with _handled_by(end, _polite_signals()):
        yield


@contextmanager
def finish_first() -> Iterator[None]:
    """Let a second Ctrl-C wait for the end of this block."""
    _Interrupt.blocks += 1
    try:
        yield
    finally:
        _Interrupt.blocks -= 1
        is_due = _Interrupt.is_waiting and not _Interrupt.blocks
        _Interrupt.is_waiting = _Interrupt.is_waiting and not is_due
        if is_due and sys.exc_info()[0] is None:
            raise KeyboardInterrupt


def _polite_signals() -> set[signal.Signals]:
    """Those that this system has, and that nobody told this process to ignore."""
    known = {name: signal.Signals[name] for name in POLITE if name in signal.Signals.__members__}
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
