"""Everything that one running server holds."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, TypeAlias

from fastapi import Depends
from starlette.requests import HTTPConnection

from stylemapgan.errors import StyleMapGANError
from stylemapgan.server.concurrency import ConcurrencyLimit, WorkerPool
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.observability import Metrics
from stylemapgan.server.photo_store import PhotoStore
from stylemapgan.server.served_library import ServedLibrary
from stylemapgan.server.served_models import ServedModels
from stylemapgan.server.server_config import ServerConfig
from stylemapgan.server.upload_folder import UploadFolder

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0
"""Interval at which expired photos and stylemaps are removed."""


class Workspace:
    """Models, stores, workers and metrics; one for each app."""

    def __init__(
        self,
        config: ServerConfig,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Find the models and start with empty stores.

        Args:
            config: Models and limits.
            clock: Returns the time in seconds; for expiry.

        Raises:
            CheckpointError: A model does not exist.
            ConfigError: No model has encoded the library.
            DataError: The library is damaged.
            StorageError: No temporary folder is writable, or the library's folder is not.
        """
        self.config = config
        self.models = ServedModels(config.all_models)
        self.library = ServedLibrary.open(config, self.models)
        self.metrics = Metrics()
        self.workers = WorkerPool(config.workers, config.waiting)
        self.upload_limit = ConcurrencyLimit(config.uploads, "uploads")
        self.live_limit = ConcurrencyLimit(
            config.live_connections, "live connections", config.live_per_client
        )
        self.upload_folder = UploadFolder()
        photos = PhotoStore(config, self.upload_folder, clock)
        self.service = EditService(config, self.models, photos, clock)
        self.is_ready = False
        self._add_gauges()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Load the first model in the background, remove expired entries, clean up at the end."""
        tasks = [asyncio.create_task(self._load_default()), asyncio.create_task(self._sweep())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self.close()

    def close(self) -> None:
        """Drop waiting jobs and delete all photos."""
        self.workers.close()
        self.upload_folder.close()

    async def _load_default(self) -> None:
        """Run the first model once, so that the first edit is as fast as later ones."""
        try:
            await self.workers.run_when_free(self.models.default.warm_up)
            self.is_ready = True
        except StyleMapGANError:
            logger.exception("Cannot load the first model.")

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.service.forget_expired()

    def _add_gauges(self) -> None:
        service = self.service
        photos, stylemaps = service.photos, service.stylemaps
        for name, description, read in (
            ("photos", "Photos stored", lambda: len(photos.files)),
            ("photo_bytes", "Bytes of photos on disk", lambda: photos.files.length),
            ("unpacked_bytes", "Bytes of decoded photos in memory", lambda: photos.decoded.length),
            ("stylemaps", "Stylemaps stored", lambda: len(stylemaps.entries)),
            ("made_bytes", "Bytes of cached results", lambda: service.cache.length),
            ("painter_bytes", "Bytes kept for live painting", lambda: service.painters.length),
            ("in_flight", "Requests running or waiting", lambda: self.workers.in_flight),
            ("live_connections", "Live painting connections", lambda: self.live_limit.active),
        ):
            self.metrics.add_gauge(name, description, read)


def workspace_of(connection: HTTPConnection) -> Workspace:
    """Find the workspace of a request's app."""
    return connection.app.state.workspace


def client_of(connection: HTTPConnection) -> str:
    """Identify a client by its address."""
    return connection.client.host if connection.client else ""


CurrentWorkspace: TypeAlias = Annotated[Workspace, Depends(workspace_of)]
"""Parameter type of routes: the app's workspace."""
Client: TypeAlias = Annotated[str, Depends(client_of)]
"""Parameter type of routes: the client's address."""
