"""All that one running server holds."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, TypeAlias

from fastapi import Depends
from starlette.requests import HTTPConnection

from stylemapgan.errors import StyleMapGANError
from stylemapgan.server.concurrency import ConcurrencyLimit
from stylemapgan.server.config import ServerConfig
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.engine import Engine
from stylemapgan.server.models import Models, ServedModel
from stylemapgan.server.observability import Metrics
from stylemapgan.server.photos import Photos
from stylemapgan.server.upload_folder import UploadFolder

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_SWEEPS = 30.0
"""How often expired photos and stylemaps are looked for."""


class Workspace:
    """Models, stores, workers and counters; one for each app."""

    def __init__(
        self,
        settings: ServerConfig,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Point at the models and start without photos.

        Args:
            settings: Limits, and which models.
            clock: Tells the stores the time in seconds.

        Raises:
            CheckpointError: A model does not exist.
            StorageError: There is no temporary folder that can be written to.
        """
        self.settings = settings
        self.models = Models(settings.all_models)
        self.metrics = Metrics()
        self.engine = Engine(settings.workers, settings.waiting)
        self.uploads = ConcurrencyLimit(settings.uploads, "uploads")
        self.live = ConcurrencyLimit(
            settings.live_connections, "live pages", settings.live_per_client
        )
        self.uploaded = UploadFolder()
        photos = Photos(settings, self.uploaded, clock)
        self.service = EditService(settings, self.models, photos, clock)
        self.is_ready = False
        self._watch()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Load the first model in the background, sweep now and then, and clean up in the end."""
        tasks = [asyncio.create_task(self._prepare()), asyncio.create_task(self._sweep())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self.close()

    def close(self) -> None:
        """Drop waiting work and delete all photos."""
        self.engine.close()
        self.uploaded.close()

    async def _prepare(self) -> None:
        """Run the first model once, so that the first edit is as quick as all others."""
        try:
            await self.engine.run_patiently(_warm_up, self.models.default)
            self.is_ready = True
        except StyleMapGANError:
            logger.exception("The first model cannot be loaded")

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_SWEEPS)
            self.service.forget_expired()

    def _watch(self) -> None:
        photos, stylemaps = self.service.photos, self.service.stylemaps
        for name, meaning, read in (
            ("photos", "Photos in the store", lambda: len(photos.kept)),
            ("photo_bytes", "Bytes of photos on disk", lambda: photos.kept.length),
            ("unpacked_bytes", "Bytes of unpacked photos", lambda: photos.unpacked.length),
            ("stylemaps", "Stylemaps in the store", lambda: len(stylemaps.kept)),
            ("made_bytes", "Bytes of things kept for next time", lambda: self.service.made.length),
            (
                "painter_bytes",
                "Bytes that painting remembers",
                lambda: self.service.painters.length,
            ),
            ("in_flight", "Requests being worked on or waiting", lambda: self.engine.in_flight),
            ("live_connections", "Pages being painted on", lambda: self.live.taken),
        ):
            self.metrics.watch(name, meaning, read)


def _warm_up(model: ServedModel) -> None:
    editor = model.editor
    editor.reconstruct(editor.decode(editor.mean_stylemap))


def workspace(connection: HTTPConnection) -> Workspace:
    """Find the workspace of the app that a request came to."""
    return connection.app.state.workspace


def client(connection: HTTPConnection) -> str:
    """Tell clients apart by their address."""
    return connection.client.host if connection.client else ""


Here: TypeAlias = Annotated[Workspace, Depends(workspace)]
"""For the signature of a route: the app's workspace."""
Client: TypeAlias = Annotated[str, Depends(client)]
"""For the signature of a route: whose request it is."""
