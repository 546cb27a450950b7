"""Pictures in an LMDB data set of the layout that the field publishes.

The content of one image file lies under each key `{size}-{index:05d}`, and their number as
decimal digits under `length`. One data set may hold the same pictures at several sizes.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stylemapgan.data.sources.abstract import AbstractSource, stamp
from stylemapgan.errors import DataError, MissingExtraError

DATA_FILE = "data.mdb"
LENGTH_KEY = b"length"

_opening = threading.Lock()  # a process may open an environment only once at a time


class LmdbSource(AbstractSource):
    """The pictures of one size in an LMDB data set, in the order of their indices.

    Args:
        folder: Holds `data.mdb`.
        size: Which size to take of those stored, in pixels; the largest if not given.

    Raises:
        DataError: There is no such data set, it has another layout, or not this size.
        MissingExtraError: The package lmdb is not installed.
    """

    def __init__(self, folder: Path, size: int | None = None) -> None:
        self.folder = folder
        with _transaction(folder) as transaction:
            sizes = _stored_sizes(transaction)
            digits = transaction.get(LENGTH_KEY)
        if not sizes or digits is None or not digits.isdigit() or not int(digits):
            raise DataError(
                f"The LMDB data set {folder} holds no pictures under keys such as 256-00000, or "
                "not their number under the key length."
            )
        if size is not None and size not in sizes:
            stored = ", ".join(map(str, sizes))
            raise DataError(f"The LMDB data set {folder} stores the sizes {stored}, not {size}.")
        self.size = size or sizes[-1]
        self.names = tuple(f"{self.size}-{index:05d}" for index in range(int(digits)))

    def describe(self) -> str:
        return f"the LMDB data set {self.folder}"

    def fingerprints(self, memory: Path) -> list[str]:
        return [stamp(self.folder / DATA_FILE)] * len(self)

    def _load(self, index: int) -> bytes | str:
        try:
            with _transaction(self.folder) as transaction:
                content = transaction.get(self.names[index].encode())
        except DataError as error:
            return f"cannot be read: {error}"
        return "is missing: there is no such key." if content is None else content

    def _load_from(self, start: int) -> Iterator[bytes | str]:
        return map(self._load, range(start, len(self)))


@contextmanager
def _transaction(folder: Path) -> Iterator[Any]:
    """Open the data set for one look; that takes 0.05 ms and leaves nothing to fork or share."""
    try:
        import lmdb
    except ImportError:
        raise MissingExtraError("lmdb", "lmdb") from None
    if not (folder / DATA_FILE).is_file():
        raise DataError(f"{folder} is no LMDB data set: there is no {DATA_FILE} in it.")
    try:
        with (
            _opening,
            lmdb.open(
                str(folder), readonly=True, lock=False, create=False, readahead=False
            ) as data,
            data.begin() as transaction,
        ):
            yield transaction
    except lmdb.Error as error:
        raise DataError(f"The LMDB data set {folder} cannot be read: {error}.") from None


def _stored_sizes(transaction: Any) -> list[int]:
    """Leap from size to size: between `64-` and `64.` lie all keys of size 64."""
    sizes: list[int] = []
    cursor = transaction.cursor()
    found = cursor.set_range(b"0")
    while found:
        digits = bytes(cursor.key()).partition(b"-")[0]
        if not digits.isdigit():
            break
        sizes.append(int(digits))
        found = cursor.set_range(digits + b".")
    return sorted(sizes)
