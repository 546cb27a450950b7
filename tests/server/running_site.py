"""A real server that listens on loopback while tests run, and pictures to send it."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
from PIL import Image
from websockets.sync.client import ClientConnection, connect

from stylemapgan.editing import AbstractEditor
from stylemapgan.server.app import create_app
from stylemapgan.server.server_config import ServerConfig
from stylemapgan.server.serving import listen, make_server, url_of
from stylemapgan.server.workspace import Workspace


@dataclass
class Site:
    """A running server, and what tests do with it."""

    url: str
    workspace: Workspace
    http: httpx.Client

    @property
    def editor(self) -> AbstractEditor:
        return self.workspace.models.default.editor

    @property
    def model(self) -> str:
        return self.workspace.models.default.name

    def upload(self, content: bytes, kind: str = "image/png", **query: str) -> httpx.Response:
        return self.http.post(
            "/api/v1/photos", content=content, params=query, headers={"Content-Type": kind}
        )

    def encoded(self, content: bytes, **more: Any) -> dict[str, Any]:
        """Upload and encode a photo."""
        photo = self.upload(content).json()["id"]
        body = {"model": self.model, "photo": photo, **more}
        answer = self.http.post("/api/v1/stylemaps", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def random(self, seed: int, psi: float = 0.7) -> dict[str, Any]:
        body = {"model": self.model, "seed": seed, "psi": psi}
        return self.http.post("/api/v1/stylemaps/random", json=body).json()

    @contextmanager
    def live(self, **more: Any) -> Iterator[ClientConnection]:
        with connect(self.url.replace("http", "ws") + "api/v1/live", **more) as socket:
            yield socket


@contextmanager
def run_site(config: ServerConfig, clock: Callable[[], float] = time.monotonic) -> Iterator[Site]:
    app = create_app(config, clock)
    listener = listen(config)
    server = make_server(app, config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    url = url_of(listener)
    try:
        with httpx.Client(base_url=url, timeout=None) as http:
            _wait_until_ready(http, thread)
            yield Site(url, app.state.workspace, http)
    finally:
        server.should_exit = True
        thread.join()


def _wait_until_ready(http: httpx.Client, server: threading.Thread) -> None:
    while server.is_alive():
        try:
            if http.get("/readyz").status_code == 200:
                return
        except httpx.ConnectError:
            pass
        time.sleep(0.02)
    raise RuntimeError("the server ended before it was ready")


def picture(width: int = 32, height: int = 32, seed: int = 0) -> Image.Image:
    """A smooth picture that differs from place to place and from seed to seed."""
    y, x = np.mgrid[:height, :width] / max(width, height)
    waves = [np.sin(2 * np.pi * (x * (1 + seed) + y * c) + seed + c) for c in range(3)]
    return Image.fromarray(np.uint8(np.stack(waves, axis=-1) * 120 + 127))


def png(*arguments: int, **named: int) -> bytes:
    file = io.BytesIO()
    picture(*arguments, **named).save(file, "PNG")
    return file.getvalue()
