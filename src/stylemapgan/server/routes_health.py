"""For operators: is it alive, is it ready, how is it doing."""

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from stylemapgan.errors import StorageError
from stylemapgan.server.errors import one_line
from stylemapgan.server.workspace import Here

router = APIRouter(tags=["Health"])


@router.get("/healthz")
async def health() -> dict[Literal["status"], Literal["alive"]]:
    """Say that the server runs."""
    return {"status": "alive"}


@router.get("/readyz", response_model=dict[str, str], responses={503: {"model": dict[str, str]}})
def ready(here: Here) -> Response:
    """Say whether the first model is loaded and uploads can be stored; otherwise 503 and why."""
    if not here.is_ready:
        return JSONResponse({"status": "loading"}, 503)
    try:
        here.uploaded.check()
    except StorageError as error:
        return JSONResponse({"status": "no storage", "reason": one_line(str(error))}, 503)
    return JSONResponse({"status": "ready"})


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(here: Here) -> Response:
    """Show numbers for Prometheus."""
    return Response(generate_latest(here.metrics.registry), media_type=CONTENT_TYPE_LATEST)
