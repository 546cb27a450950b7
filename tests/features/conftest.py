"""What tests of feature networks share."""

from collections.abc import Iterator

import pytest
from web_place import Web, serving


@pytest.fixture
def web(monkeypatch) -> Iterator[Web]:
    """A server on this machine, reached without a proxy."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as web:
        yield web
