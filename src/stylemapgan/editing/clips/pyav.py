"""PyAV, which reads and writes video: imported where it is needed."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, TypeAlias

from stylemapgan.errors import ImageError, MissingExtraError

Video: TypeAlias = Any
"""A value of PyAV."""
FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a full disk and of a quota that is reached."""


def import_av() -> Video:
    """Import PyAV.

    Raises:
        MissingExtraError: It is not installed.
    """
    os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder prints errors only
    try:
        import av
    except ModuleNotFoundError:
        raise MissingExtraError("PyAV", "video") from None
    return av


@contextmanager
def explaining(what: str) -> Iterator[None]:
    """Turn FFmpeg's errors while the block runs into one line; a full disk stays an `OSError`.

    Args:
        what: What cannot be done; the reason follows.
    """
    av = import_av()
    try:
        yield
    except av.error.FFmpegError as error:
        if error.errno in FULL:
            raise OSError(error.errno, error.strerror) from None
        raise ImageError(f"{what}: {error.strerror or error}.") from None


def seconds_of(ticks: int, unit: Fraction) -> Fraction:
    """Turn a number of ticks into seconds."""
    return ticks * Fraction(unit)
