"""What tests of photos share."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from picture_sources import RangeHandler, Serve

from stylemapgan.data.sources import remote


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve a folder on this machine; returns its address, and the handler to look at."""
    pytest.importorskip("fsspec")
    pytest.importorskip("aiohttp")
    servers = []

    def start(folder: Path, base: type[RangeHandler] = RangeHandler):
        handler = type("Handler", (base,), {"requests": [], "failures": []})
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}", handler

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def impatient(monkeypatch) -> None:
    """Ask again at once."""
    monkeypatch.setattr(remote, "FIRST_PAUSE_S", 0.001)
