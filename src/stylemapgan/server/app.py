"""The HTTP application: routes, and the layers every request passes."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from stylemapgan.server import errors as refusals
from stylemapgan.server import (
    live,
    routes_edits,
    routes_export,
    routes_health,
    routes_models,
    routes_photos,
    routes_stylemaps,
)
from stylemapgan.server.config import ServerConfig
from stylemapgan.server.errors import not_found
from stylemapgan.server.limits import Limits
from stylemapgan.server.observability import Observer
from stylemapgan.server.response_schemas import ERRORS
from stylemapgan.server.root_path import RootPath
from stylemapgan.server.security import Guard, SafeHeaders
from stylemapgan.server.workspace import Workspace

API = "/api/v1"
STUDIO = Path(__file__).parent / "studio"
ROUTERS = (routes_models, routes_photos, routes_stylemaps, routes_edits, routes_export)
DESCRIPTION = """Encode photos once, edit them many times.

Upload a photo, encode it (`POST /stylemaps`), then edit the stylemap with recipes. Photos and
stylemaps expire when not used for a while: upload again. Every error has the same form.
"""


def create_app(settings: ServerConfig, clock: Callable[[], float] = time.monotonic) -> FastAPI:
    """Make the application.

    Args:
        settings: Limits, and which models.
        clock: Tells the stores the time in seconds.

    Raises:
        CheckpointError: A model does not exist.
        StorageError: There is no temporary folder that can be written to.
    """
    workspace = Workspace(settings, clock=clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with workspace.running():
            yield

    app = FastAPI(
        title="stylemapgan",
        version=version("stylemapgan"),
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # the usual pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": settings.prefix}] if settings.prefix else None,
    )
    app.state.workspace = workspace
    for routes in ROUTERS:
        app.include_router(routes.router, prefix=API, responses=ERRORS)
    app.include_router(routes_health.router)
    app.include_router(live.router, prefix=API)
    _serve_studio(app, settings.prefix)
    refusals.install(app)
    app.add_middleware(Guard, settings=settings)  # the last one added meets a request first
    app.add_middleware(Limits, settings=settings)
    app.add_middleware(Observer, metrics=workspace.metrics)
    app.add_middleware(SafeHeaders)
    app.add_middleware(RootPath, root_path=settings.prefix)
    return app


def _serve_studio(app: FastAPI, prefix: str) -> None:
    """Serve the Studio's page and files, which browsers ask about each time.

    All addresses in them are relative to the page, whose own ends with a slash.
    """
    app.mount("/static", StaticFiles(directory=STUDIO, check_dir=False), name="static")

    @app.get("/", include_in_schema=False)
    async def studio() -> FileResponse:
        page = STUDIO / "index.html"
        if not page.is_file():
            raise not_found("page", "/")
        return FileResponse(page, headers={"Cache-Control": "no-cache"})

    if prefix:

        @app.get(prefix, include_in_schema=False)
        async def with_slash(request: Request) -> RedirectResponse:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{prefix}/{query}")
