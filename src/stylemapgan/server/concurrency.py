"""A number of places, for all and for each client."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from stylemapgan.server.errors import COME_BACK, ApiError


class ConcurrencyLimit:
    """Count who is inside; for the event loop's thread alone."""

    def __init__(self, count: int, what: str, count_per_client: int | None = None) -> None:
        """Start empty.

        Args:
            count: Places for all.
            what: What takes them, for errors.
            count_per_client: Places for one client; as many as for all if left out.
        """
        self._count = count
        self._what = what
        self._count_per_client = count_per_client or count
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many are inside."""
        return self._taken.total()

    @contextmanager
    def one(self, client: str) -> Iterator[None]:
        """Take a place while the block lasts.

        Raises:
            ApiError: There is none left.
        """
        if self.taken >= self._count or self._taken[client] >= self._count_per_client:
            raise ApiError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "busy",
                f"There are too many {self._what} at once; try again in a second.",
                headers=COME_BACK,
            )
        self._taken[client] += 1
        try:
            yield
        finally:
            self._taken[client] -= 1
            if not self._taken[client]:
                del self._taken[client]
