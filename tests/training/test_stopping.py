"""Signals are a question to the loop, and only as long as it runs."""

import signal

import pytest

from stylemapgan.training.stopping import end_on_signals, finish_first, stop_on_signals

STOPPING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGXCPU]


@pytest.fixture(autouse=True)
def _as_in_a_terminal():
    """Tests that run under nohup are told to ignore a signal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_asks_to_stop(number):
    with stop_on_signals() as should_stop:
        assert not should_stop()
        signal.raise_signal(number)
        assert should_stop()
        if number != signal.SIGINT:
            signal.raise_signal(number)  # again changes nothing


def test_what_a_run_was_told_to_ignore_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with stop_on_signals() as should_stop:
            signal.raise_signal(signal.SIGHUP)
            assert not should_stop()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_interrupt_does_not_wait():
    with stop_on_signals() as should_stop:
        signal.raise_signal(signal.SIGINT)
        assert should_stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_second_interrupt_waits_for_an_update_and_a_third_does_not():
    done = []

    def update(interrupts: int) -> None:
        with finish_first():
            for _ in range(interrupts):
                signal.raise_signal(signal.SIGINT)
            done.append(interrupts)

    with stop_on_signals():
        signal.raise_signal(signal.SIGINT)
        for interrupts in (1, 2):
            with pytest.raises(KeyboardInterrupt):
                update(interrupts)
        update(0)
    assert done == [1, 0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_before_training_a_signal_ends_in_good_order(number):
    with pytest.raises(SystemExit) as ended, end_on_signals():
        signal.raise_signal(number)
    assert ended.value.code == 128 + number


def test_handlers_come_back_even_after_an_error():
    before = [signal.getsignal(number) for number in STOPPING]
    with pytest.raises(ValueError, match="in the loop"), stop_on_signals():
        raise ValueError("in the loop")
    assert [signal.getsignal(number) for number in STOPPING] == before
