"""For operators: is it alive, is it ready, how is it doing."""

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from stylemapgan.server.workspace import Here

router = APIRouter(tags=["Health"])


@router.get("/healthz")
async def health() -> dict[Literal["status"], Literal["alive"]]:
    """Say that the server runs."""
    return {"status": "alive"}


@router.get("/readyz", response_model=dict[str, str], responses={503: {"model": dict[str, str]}})
async def ready(here: Here) -> Response:
    """Say whether the first model is loaded, so that edits are answered at once."""
    if here.is_ready:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "loading"}, 503)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(here: Here) -> Response:
    """Show numbers for Prometheus."""
    return Response(generate_latest(here.metrics.registry), media_type=CONTENT_TYPE_LATEST)
