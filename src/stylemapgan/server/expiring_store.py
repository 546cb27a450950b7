"""A store whose entries expire: bounded in bytes, with a share for each client."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass
class _Entry(Generic[Value]):
    value: Value
    length: int
    client: str
    used_at: float


def _ignore(_: object) -> None:
    """Leave a removed value to the garbage collector."""


class ExpiringStore(Generic[Value]):
    """Values by name; safe for any number of threads.

    The least recently used value is removed first: among a client's own values if it exceeds its
    share, among all if the store is full. Expired values are removed at each `put` and by
    `forget_expired`.
    """

    def __init__(
        self,
        limit: float,
        *,
        keep_seconds: float = float("inf"),
        share: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        on_forget: Callable[[Value], None] = _ignore,
    ) -> None:
        """Start empty.

        Args:
            limit: Bytes of all values together.
            keep_seconds: Seconds without use after which a value expires.
            share: Share of the limit that one client may fill, from 0 to 1.
            clock: Returns the time in seconds.
            on_forget: Called with each value that is removed or replaced, to free what belongs
                to that value alone.
        """
        self.limit = limit
        self._share = share * limit
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._on_forget = on_forget
        self._entries: OrderedDict[str, _Entry[Value]] = OrderedDict()  # last used is last
        self._lock = threading.RLock()

    def raise_limit(self, least: int) -> None:
        """Raise the limit, and every client's share, to at least this many bytes."""
        with self._lock:
            self.limit = max(self.limit, float(least))
            self._share = max(self._share, float(least))

    def __len__(self) -> int:
        """Count the values."""
        return len(self._entries)

    @property
    def length(self) -> int:
        """Bytes of all values together."""
        with self._lock:
            return sum(entry.length for entry in self._entries.values())

    def put(self, name: str, value: Value, length: int, client: str = "") -> bool:
        """Store a value; replaces one of the same name.

        Args:
            name: Key of the value.
            value: What to keep.
            length: Bytes it takes.
            client: Whose share it counts for.

        Returns:
            Whether it was kept: a value larger than a client's share is not.
        """
        with self._lock:
            if length > self._share:
                self.forget(name)
                self._on_forget(value)
                return False
            before = self._entries.pop(name, None)
            if before is not None and before.value is not value:
                self._on_forget(before.value)
            self._entries[name] = _Entry(value, length, client, self._clock())
            self.forget_expired()
            self._make_room(self._share, lambda entry: entry.client == client)
            self._make_room(self.limit, lambda _: True)
            return True

    def get(self, name: str) -> Value | None:
        """Find a value and count this as a use; None if there is none."""
        with self._lock:
            entry = self._entries.get(name)
            if entry is None or self._is_expired(entry):
                return None
            entry.used_at = self._clock()
            self._entries.move_to_end(name)
            return entry.value

    def forget(self, name: str, *, only: Value | None = None) -> None:
        """Remove a value, if there is one of that name.

        Args:
            name: Key of the value.
            only: Remove this value only, not one that replaced it.
        """
        with self._lock:
            entry = self._entries.get(name)
            if entry is not None and (only is None or entry.value is only):
                del self._entries[name]
                self._on_forget(entry.value)

    def forget_expired(self) -> None:
        """Remove expired values."""
        with self._lock:
            for name in [name for name, e in self._entries.items() if self._is_expired(e)]:
                self.forget(name)

    def _make_room(self, limit: float, counts: Callable[[_Entry[Value]], bool]) -> None:
        """Remove the least recently used of the counted entries until they fit the limit."""
        counted = [(name, entry) for name, entry in self._entries.items() if counts(entry)]
        length = sum(entry.length for _, entry in counted)
        for name, entry in counted:
            if length <= limit:
                return
            length -= entry.length
            self.forget(name)

    def _is_expired(self, entry: _Entry[Value]) -> bool:
        return self._clock() - entry.used_at > self._keep_seconds
