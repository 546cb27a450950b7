"""Whose request this is, known wherever it is worked on."""

import re
import secrets
from collections.abc import Iterable
from contextvars import ContextVar

GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Request ids that are taken over from whoever calls, such as a proxy."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Names the request in answers and in the log."""

Headers = Iterable[tuple[bytes, bytes]]


def header(headers: Headers, name: bytes) -> str | None:
    """Find a header of an ASGI scope by its lower-case name; the first one counts."""
    return next((value.decode("latin-1") for key, value in headers if key == name), None)


def take_request_id(headers: Headers) -> str:
    """Take over the caller's request id, or make one up."""
    given = header(headers, b"x-request-id")
    return given if given and GIVEN.fullmatch(given) else secrets.token_hex(8)
