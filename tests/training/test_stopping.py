"""Signals are a question to the loop, and only as long as it runs."""

import signal

import pytest

from stylemapgan.training.stopping import stop_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_to_stop(number):
    with stop_on_signals() as should_stop:
        assert not should_stop()
        signal.raise_signal(number)
        assert should_stop()


def test_a_second_interrupt_does_not_wait():
    with stop_on_signals() as should_stop:
        signal.raise_signal(signal.SIGINT)
        assert should_stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_handlers_come_back_even_after_an_error():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(ValueError, match="in the loop"), stop_on_signals():
        raise ValueError("in the loop")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
