"""Ctrl-C reaches every process of a terminal; workers leave it to the one that started them."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_to_this_process() -> Iterator[None]:
    """Let processes that start meanwhile ignore Ctrl-C from their first moment."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what signals do
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
