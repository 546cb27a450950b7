"""Listen, serve, and shut down cleanly."""

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
from stylemapgan.server.server_config import ServerConfig
from stylemapgan.server.workspace import Workspace

FIRST_PORT = 8765
"""First port to try if none is given."""
PORTS_TRIED = 20
GRACE = 8
"""Seconds that running requests get to end at shutdown."""
CONNECTIONS = 256
"""Limit of open connections of all kinds."""
BACKLOG = 128
POLL_SECONDS = 0.02
"""Interval of checks whether the server listens."""


def serve(config: ServerConfig, on_ready: Callable[[str], None], *, logs: bool) -> None:
    """Serve until Ctrl-C or SIGTERM; running requests are completed first.

    Args:
        config: Address, models and limits.
        on_ready: Called with the server's address once it listens.
        logs: Log each request to standard error as a line of JSON; otherwise only warnings.

    Raises:
        ConfigError: The port is in use, or the host is not an address of this machine.
        StyleMapGANError: The first model cannot be loaded.
    """
    with suppress(KeyboardInterrupt):  # uvicorn raises it again after it ended cleanly
        app = create_app(config)
        workspace: Workspace = app.state.workspace
        try:
            workspace.models.default.load()  # a bad model is reported before the port opens
            listener = listen(config)
        except BaseException:
            workspace.close()
            raise
        logging.config.dictConfig(_log_config(logs))
        server = make_server(app, config)
        url = url_of(listener) + f"{config.prefix}/".lstrip("/")
        asyncio.run(_serve(server, listener, lambda: on_ready(url)))


def make_server(app: FastAPI, config: ServerConfig) -> uvicorn.Server:
    """Create a server for the application; it does not listen yet."""
    server_config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE,
        ws_max_size=config.body_bytes,
        ws_per_message_deflate=False,  # JPEGs do not shrink
    )
    return uvicorn.Server(server_config)


def listen(config: ServerConfig) -> socket.socket:
    """Bind the given port, or the first free one.

    Raises:
        ConfigError: The host or port cannot be used.
    """
    if config.port is not None:
        return _bind(config.host, config.port)
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        try:
            return _bind(config.host, port)
        except _PortInUseError:
            continue
    return _bind(config.host, 0)


def url_of(listener: socket.socket) -> str:
    """Write the URL at which browsers reach a socket."""
    host, port = listener.getsockname()[:2]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}/"


class _PortInUseError(ConfigError):
    """Another program uses the port."""


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, socket_address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise ConfigError(
            f"host {host} is not an address or name of this machine. Use 127.0.0.1 to accept "
            "connections from this machine only, 0.0.0.0 for all networks."
        ) from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_REUSEADDR") and not hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(socket_address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise _PortInUseError(
                f"port {port} is in use by another program: choose another --port, or leave --port "
                "out to use a free one."
            ) from None
        reason = error.strerror or str(error)
        raise ConfigError(f"Cannot listen on {host} port {port}: {reason}.") from None
    return listener


async def _serve(
    server: uvicorn.Server, listener: socket.socket, on_ready: Callable[[], None]
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or serving.done()):
        await asyncio.sleep(POLL_SECONDS)
    if server.started:
        on_ready()
    await serving


def _log_config(logs_requests: bool) -> dict[str, Any]:
    level = "INFO" if logs_requests else "WARNING"
    formatter = {"()": "stylemapgan.server.observability.JsonLines"} if logs_requests else {}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": formatter},
        "handlers": {
            "standard error": {"class": "logging.StreamHandler", "formatter": "lines"},
        },
        "root": {"level": level, "handlers": ["standard error"]},
    }
