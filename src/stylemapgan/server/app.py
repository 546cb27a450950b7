"""The HTTP application: routes, the Studio's files, health checks, and middleware."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Receive, Scope, Send

from stylemapgan.errors import StorageError
from stylemapgan.server import live, routes_edits, routes_models, routes_photos, routes_suggestions
from stylemapgan.server.api_errors import install_error_handlers, not_found, one_line
from stylemapgan.server.observability import Observer
from stylemapgan.server.request_limits import RequestLimits
from stylemapgan.server.response_schemas import ERRORS
from stylemapgan.server.security import AccessControl, SecurityHeaders
from stylemapgan.server.server_config import ServerConfig
from stylemapgan.server.workspace import CurrentWorkspace, Workspace
from stylemapgan.version import package_version

API = "/api/v1"
STUDIO = Path(__file__).parent / "studio"
DESCRIPTION = """Encode photos once, edit them many times.

Upload a photo, encode it (`POST /stylemaps`), then edit the stylemap. Photos and stylemaps expire
when they are not used for a while: upload again. All errors have the same form.
"""

health_router = APIRouter(tags=["Health"])


def create_app(config: ServerConfig, clock: Callable[[], float] = time.monotonic) -> FastAPI:
    """Create the application.

    Args:
        config: Models and limits.
        clock: Returns the time in seconds; for expiry.

    Raises:
        CheckpointError: A model does not exist.
        ConfigError: No model has encoded the library.
        DataError: The library is damaged.
        StorageError: No temporary folder is writable.
    """
    workspace = Workspace(config, clock=clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with workspace.running():
            yield

    app = FastAPI(
        title="stylemapgan",
        version=package_version(),
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # the built-in pages load scripts from other sites
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": config.prefix}] if config.prefix else None,
    )
    app.state.workspace = workspace
    for router in (
        routes_models.router,
        *routes_photos.ROUTERS,
        routes_suggestions.router,
        *routes_edits.ROUTERS,
    ):
        app.include_router(router, prefix=API, responses=ERRORS)
    app.include_router(health_router)
    app.include_router(live.router, prefix=API)
    _serve_studio(app, config.prefix)
    install_error_handlers(app)
    _add_middleware(app, workspace)
    return app


class RootPath:
    """ASGI middleware: removes the path under which a reverse proxy publishes the server.

    Some proxies remove it themselves; paths without it pass unchanged.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        """Wrap an app.

        Args:
            app: Receives paths without the root path.
            root_path: Such as `/tool`; empty if there is none.
        """
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass requests on with the shorter path."""
        if scope["type"] in ("http", "websocket") and self._is_below(scope["path"]):
            path = scope["path"].removeprefix(self._root_path)
            raw_path = scope.get("raw_path", b"").removeprefix(self._root_path.encode())
            scope = {**scope, "path": path, "raw_path": raw_path}
        await self._app(scope, receive, send)

    def _is_below(self, path: str) -> bool:
        return bool(self._root_path) and path.startswith(f"{self._root_path}/")


@health_router.get("/healthz")
async def health() -> dict[Literal["status"], Literal["alive"]]:
    """Report that the server runs."""
    return {"status": "alive"}


@health_router.get(
    "/readyz", response_model=dict[str, str], responses={503: {"model": dict[str, str]}}
)
def ready(workspace: CurrentWorkspace) -> Response:
    """Report whether the first model is loaded and uploads can be stored; otherwise 503."""
    if not workspace.is_ready:
        return JSONResponse({"status": "loading"}, 503)
    try:
        workspace.upload_folder.check()
    except StorageError as error:
        return JSONResponse({"status": "no storage", "reason": one_line(str(error))}, 503)
    return JSONResponse({"status": "ready"})


@health_router.get("/metrics", response_class=PlainTextResponse)
async def metrics(workspace: CurrentWorkspace) -> Response:
    """Get metrics for Prometheus."""
    return Response(generate_latest(workspace.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _add_middleware(app: FastAPI, workspace: Workspace) -> None:
    """Wrap the app in middleware; the last one added runs first."""
    config = workspace.config
    app.add_middleware(AccessControl, config=config)
    app.add_middleware(RequestLimits, config=config)
    app.add_middleware(Observer, metrics=workspace.metrics)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RootPath, root_path=config.prefix)


def _serve_studio(app: FastAPI, prefix: str) -> None:
    """Serve the Studio's page and files; browsers revalidate them at each use.

    All URLs in them are relative to the page, whose own URL ends with a slash.
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
        async def add_slash(request: Request) -> RedirectResponse:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{prefix}/{query}")
