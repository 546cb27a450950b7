"""Listen, serve, and end cleanly."""

import asyncio
import errno
import logging
import logging.config
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn
from fastapi import FastAPI

from stylemapgan.errors import ConfigError
from stylemapgan.server.app import create_app
from stylemapgan.server.config import ServerConfig
from stylemapgan.server.workspace import Workspace

FIRST_PORT = 8765
"""Port to listen at where none is asked for, if it is free."""
PORTS_TRIED = 20
GRACE = 8
"""Seconds that requests get to end once the server is told to."""
CONNECTIONS = 256
"""At most this many at once, whatever they want."""
BACKLOG = 128
PAUSE = 0.02
"""Seconds between two looks whether the server listens."""


def serve(settings: ServerConfig, on_ready: Callable[[str], None], *, logs: bool) -> None:
    """Serve until Ctrl-C or SIGTERM; requests that have begun are answered first.

    Args:
        settings: Where, what, and how much.
        on_ready: Called with the server's address once it listens.
        logs: Write a line of JSON for each request to standard error; else only warnings.

    Raises:
        ConfigError: The port is taken, or the host is none of this machine's.
        StyleMapGANError: The first model cannot be loaded.
    """
    with suppress(KeyboardInterrupt):  # uvicorn raises it again after it ended cleanly
        app = create_app(settings)
        workspace: Workspace = app.state.workspace
        try:
            _ = workspace.models.default.editor  # a bad model is told before anybody listens
            listener = listen(settings)
        except BaseException:
            workspace.close()
            raise
        logging.config.dictConfig(_logging(logs))
        server = make_server(app, settings)
        shown = address(listener) + f"{settings.prefix}/".lstrip("/")
        asyncio.run(_serve(server, listener, lambda: on_ready(shown)))


def make_server(app: FastAPI, settings: ServerConfig) -> uvicorn.Server:
    """Put the application into a server that does not listen yet."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE,
        ws_max_size=settings.body_bytes,
        ws_per_message_deflate=False,  # JPEGs do not shrink
    )
    return uvicorn.Server(config)


def listen(settings: ServerConfig) -> socket.socket:
    """Take the port that was asked for, or the first free one.

    Raises:
        ConfigError: There is none.
    """
    if settings.port is not None:
        return _bind(settings.host, settings.port)
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        try:
            return _bind(settings.host, port)
        except _TakenError:
            continue
    return _bind(settings.host, 0)


def address(listener: socket.socket) -> str:
    """Write down where a socket listens, as browsers want it."""
    host, port = listener.getsockname()[:2]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}/"


class _TakenError(ConfigError):
    """Another program listens there."""


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise ConfigError(
            f"host {host} is no address or name that this machine knows; 127.0.0.1 is this "
            "machine alone, 0.0.0.0 all its networks."
        ) from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_REUSEADDR") and not hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise _TakenError(
                f"port {port} is taken by another program: give another --port, or none to "
                "have a free one found."
            ) from None
        reason = error.strerror or str(error)
        raise ConfigError(f"Cannot listen at {host} port {port}: {reason}.") from None
    return listener


async def _serve(
    server: uvicorn.Server, listener: socket.socket, on_ready: Callable[[], None]
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or serving.done()):
        await asyncio.sleep(PAUSE)
    if server.started:
        on_ready()
    await serving


def _logging(is_talkative: bool) -> dict[str, Any]:
    level = "INFO" if is_talkative else "WARNING"
    formatter = {"()": "stylemapgan.server.observability.JsonLines"} if is_talkative else {}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": formatter},
        "handlers": {
            "standard error": {"class": "logging.StreamHandler", "formatter": "lines"},
        },
        "root": {"level": level, "handlers": ["standard error"]},
    }
