"""The result as a file to keep."""

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response

from stylemapgan.images.provenance import Provenance, SourceType
from stylemapgan.server.request_schemas import ExportBody
from stylemapgan.server.resolved_edit import (
    ResolvedEdit,
    cook,
    full_photo,
    read_order,
    square_photo,
)
from stylemapgan.server.workspace import Here, Workspace

router = APIRouter(tags=["Export"])

MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
SUFFIXES = {"png": "png", "jpeg": "jpg", "webp": "webp"}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {kind: {} for kind in MEDIA_TYPES.values()}}
}


@router.post("/export", response_class=Response, responses=FILE)
async def export(here: Here, body: ExportBody) -> Response:
    """Make a file of an edit: the whole photo at full resolution, or the model's own picture.

    PNG keeps every pixel outside the edit as it was; JPEG and WebP compress all of it anew. EXIF
    data and colour profile are kept.
    """
    return await here.engine.run(_export, here, body)


def _export(here: Workspace, body: ExportBody) -> Response:
    order = read_order(here.service, body)
    if body.content == "photo":
        picture = full_photo(here.service, order)
    else:
        picture = square_photo(cook(here.service, order))
    tag = _provenance(order, body) if body.tag else None
    return Response(
        picture.to_bytes(body.format, tag),
        media_type=MEDIA_TYPES[body.format],
        headers={"Content-Disposition": _attachment(_file_name(here, order, body))},
    )


def _provenance(order: ResolvedEdit, body: ExportBody) -> Provenance:
    is_invented = order.source.photo is None
    return Provenance(
        model=order.source.model,
        settings={
            "parts": [
                part.model_dump(include={"shift", "strength", "rotation", "scale", "space"})
                for part in body.parts
            ],
            "pushes": [push.model_dump(include={"direction", "amount"}) for push in body.pushes],
        },
        source_type=SourceType.GENERATED if is_invented else SourceType.EDITED,
    )


def _file_name(here: Workspace, order: ResolvedEdit, body: ExportBody) -> str:
    photo = order.source.photo
    stem = "picture" if photo is None else PurePath(here.service.photos.get(photo).name).stem
    return f"{stem}-edited.{SUFFIXES[body.format]}"


def _attachment(name: str) -> str:
    """Name a file in a header that knows ASCII alone, and again for those that know more."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
