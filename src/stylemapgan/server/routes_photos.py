"""Upload photos, look at them."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from stylemapgan.images.formats import SUPPORTED
from stylemapgan.server import pictures
from stylemapgan.server.errors import ApiError
from stylemapgan.server.request_schemas import Id, Shown
from stylemapgan.server.response_schemas import PhotoAnswer
from stylemapgan.server.workspace import Client, Here

router = APIRouter(prefix="/photos", tags=["Photos"])

ANY_BYTES = "application/octet-stream"
UPLOAD = {
    "requestBody": {
        "required": True,
        "description": f"The file's bytes, in one of these formats: {SUPPORTED}",
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("", status_code=201, openapi_extra=UPLOAD)
async def add_photo(
    here: Here,
    client: Client,
    request: Request,
    name: Annotated[str, Query(max_length=200, description="What its file is called")] = "photo",
) -> PhotoAnswer:
    """Upload a photo; the same bytes always get the same id."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith("image/") and kind != ANY_BYTES:
        raise ApiError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unknown_kind",
            "Send the picture's bytes with its Content-Type, such as image/jpeg.",
        )
    with here.uploads.one(client):
        content = await request.body()
        kept = await here.engine.run(here.service.photos.add, content, name, client)
    return kept.answer()


@router.get("/{photo}/image", response_class=Response, responses=pictures.PICTURE_RESPONSE)
async def photo_image(here: Here, request: Request, photo: Id, size: Shown = 1024) -> Response:
    """Look at a photo, upright, its longer side shrunk to at most `size` pixels."""
    kind = pictures.wanted(request, pictures.ONE_PICTURE)

    def make() -> Response:
        return pictures.one(here.service.photos.read(photo).upright_srgb(size), kind)

    return await here.engine.run(make)
