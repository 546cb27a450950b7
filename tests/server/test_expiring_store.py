"""Nothing stays too long, and nobody takes everybody's room."""

import threading

import pytest

from stylemapgan.server.expiring_store import ExpiringStore


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_was_not_used_for_longest_goes_first():
    store: ExpiringStore[str] = ExpiringStore(30.0)
    for name in "abc":
        store.put(name, name.upper(), 10)
    store.get("a")
    store.put("d", "D", 10)

    assert [store.get(name) for name in "abcd"] == ["A", None, "C", "D"]
    assert store.length == 30


def test_values_expire_after_their_last_use(clock):
    forgotten: list[str] = []
    store: ExpiringStore[str] = ExpiringStore(
        100.0, keep_seconds=60.0, clock=clock, on_forget=forgotten.append
    )
    store.put("old", "OLD", 1)
    store.put("used", "USED", 1)
    clock.now = 50.0
    store.get("used")
    clock.now = 100.0

    assert store.get("old") is None
    assert store.get("used") == "USED"
    store.forget_expired()
    assert forgotten == ["OLD"]
    assert len(store) == 1


def test_a_client_beyond_its_share_loses_its_own_values_alone():
    store: ExpiringStore[str] = ExpiringStore(100.0, share=0.4)
    store.put("theirs", "T", 40, "them")
    for index in range(5):
        store.put(f"ours {index}", "O", 20, "us")

    assert store.get("theirs") == "T"
    assert [store.get(f"ours {index}") for index in range(5)] == [None, None, None, "O", "O"]


def test_a_value_larger_than_a_share_is_not_kept():
    forgotten: list[str] = []
    store: ExpiringStore[str] = ExpiringStore(100.0, share=0.5, on_forget=forgotten.append)
    assert not store.put("large", "L", 51)
    assert store.get("large") is None
    assert forgotten == ["L"]


def test_a_value_of_the_same_name_takes_the_place_of_the_first():
    forgotten: list[str] = []
    store: ExpiringStore[str] = ExpiringStore(100.0, on_forget=forgotten.append)
    store.put("name", "first", 60)
    store.put("name", "second", 60)
    assert store.get("name") == "second"
    assert forgotten == ["first"]
    assert store.length == 60


def test_many_threads_never_fill_it_beyond_its_limit():
    store: ExpiringStore[int] = ExpiringStore(50.0, share=0.6)
    too_much: list[float] = []

    def hammer(seed: int) -> None:
        for step in range(300):
            store.put(f"{(step * seed) % 17}", step, 1 + step % 9, f"client {seed % 3}")
            store.get(f"{step % 17}")
            if store.length > 50:
                too_much.append(store.length)

    threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not too_much


def test_a_raised_limit_holds_for_one_client_too_and_is_never_lowered():
    store: ExpiringStore[str] = ExpiringStore(20.0, share=0.5)
    assert not store.put("large", "LARGE", 15, client="one")
    store.raise_limit(15)
    assert store.put("large", "LARGE", 15, client="one")
    assert store.put("small", "SMALL", 5, client="other")
    assert store.length == store.limit == 20
