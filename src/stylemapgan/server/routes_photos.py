"""Routes of photos and their stylemaps: upload, encode, download, look."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from stylemapgan.editing.photo import Square
from stylemapgan.images.formats import SUPPORTED
from stylemapgan.server.api_errors import invalid, unsupported_type
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.picture_encoding import (
    JSON,
    ONE_PICTURE,
    PICTURE_RESPONSE,
    data_url,
    negotiate,
    picture_response,
    to_pixels,
)
from stylemapgan.server.request_schemas import EncodeRequest, Id, Name, QuerySize, RandomRequest
from stylemapgan.server.response_schemas import (
    FoundPart,
    PartsResponse,
    PhotoResponse,
    StylemapResponse,
)
from stylemapgan.server.stylemap_store import (
    NPY,
    SAFETENSORS,
    StoredStylemap,
    read_stylemap,
    write_stylemap,
)
from stylemapgan.server.workspace import Client, CurrentWorkspace

photos_router = APIRouter(prefix="/photos", tags=["Photos"])
router = APIRouter(prefix="/stylemaps", tags=["Stylemaps"])
ROUTERS = photos_router, router

ANY_BYTES = "application/octet-stream"
MAX_SIDES = 4
"""Side of the largest square, in longer sides of the photo."""
FILE = {"schema": {"type": "string", "format": "binary"}}
UPLOAD_PHOTO = {
    "requestBody": {
        "required": True,
        "description": f"The file's bytes, in one of these formats: {SUPPORTED}",
        "content": {"image/*": FILE},
    }
}
UPLOAD_STYLEMAP = {"requestBody": {"required": True, "content": {NPY: FILE, SAFETENSORS: FILE}}}
DOWNLOAD_STYLEMAP: dict[int | str, dict[str, Any]] = {
    200: {"model": StylemapResponse, "content": {NPY: {}, SAFETENSORS: {}}}
}
PICTURE = {"response_class": Response, "responses": PICTURE_RESPONSE}


@photos_router.post("", status_code=201, openapi_extra=UPLOAD_PHOTO)
async def add_photo(
    workspace: CurrentWorkspace,
    client: Client,
    request: Request,
    name: Annotated[str, Query(max_length=200, description="Name of the file")] = "photo",
) -> PhotoResponse:
    """Upload a photo; equal bytes always get the same id."""
    media_type = _media_type(request)
    if not media_type.startswith("image/") and media_type != ANY_BYTES:
        raise unsupported_type(
            "Send the picture's bytes with their Content-Type, such as image/jpeg."
        )
    with workspace.upload_limit.acquire(client):
        content = await request.body()
        photos = workspace.service.photos
        photo = await workspace.workers.run(photos.add, content, name, client)
    return photo.response()


@photos_router.get("/{photo}/image", **PICTURE)
async def photo_image(
    workspace: CurrentWorkspace, request: Request, photo: Id, size: QuerySize = 1024
) -> Response:
    """Get a photo, upright, its longer side reduced to at most `size` pixels."""
    media_type = negotiate(request, ONE_PICTURE)

    def respond() -> Response:
        pixels = workspace.service.photos.read(photo).upright_srgb(size)
        return picture_response(pixels, media_type)

    return await workspace.workers.run(respond)


@router.post("", status_code=201)
async def encode(
    workspace: CurrentWorkspace, client: Client, body: EncodeRequest
) -> StylemapResponse:
    """Encode the square of a photo, and judge whether the photo suits the model."""
    service, model = workspace.service, workspace.models.get(body.model)

    def encode_square() -> StoredStylemap:
        return service.encode(model, body.photo, _square(service, body))

    stylemap = await workspace.workers.run(encode_square)
    return service.stylemaps.add(stylemap, client).response()


@router.post("/random", status_code=201)
async def invent(
    workspace: CurrentWorkspace, client: Client, body: RandomRequest
) -> StylemapResponse:
    """Draw a random stylemap; equal seeds give equal stylemaps."""
    model = workspace.models.get(body.model)
    array = await workspace.workers.run(model.sample, 1, body.seed, body.psi)
    stylemap = StoredStylemap(model=model.name, array=array)
    return workspace.service.stylemaps.add(stylemap, client).response()


@router.put("", status_code=201, openapi_extra=UPLOAD_STYLEMAP)
async def put(
    workspace: CurrentWorkspace,
    client: Client,
    request: Request,
    model: Annotated[Name, Query(description="Model that the stylemap belongs to")],
) -> StylemapResponse:
    """Upload a stylemap as an npy or safetensors file."""
    served = workspace.models.get(model)
    content, media_type = await request.body(), _media_type(request)
    array = await workspace.workers.run(
        lambda: read_stylemap(content, media_type, served.stylemap_shape)
    )
    stylemap = StoredStylemap(model=served.name, array=array)
    return workspace.service.stylemaps.add(stylemap, client).response()


@router.get("/{stylemap}", response_model=StylemapResponse, responses=DOWNLOAD_STYLEMAP)
async def get(workspace: CurrentWorkspace, request: Request, stylemap: Id) -> Response:
    """Get a stylemap: its description (JSON), or its numbers (npy or safetensors)."""
    media_type = negotiate(request, (JSON, NPY, SAFETENSORS))
    stored = workspace.service.stylemaps.get(stylemap)
    if media_type == JSON:
        return JSONResponse(stored.response().model_dump())
    return Response(write_stylemap(stored, media_type), media_type=media_type)


@router.get("/{stylemap}/image", **PICTURE)
async def image(
    workspace: CurrentWorkspace, request: Request, stylemap: Id, size: QuerySize = 512
) -> Response:
    """Get the picture that the model generates from a stylemap."""
    media_type = negotiate(request, ONE_PICTURE)
    service = workspace.service
    stored = service.stylemaps.get(stylemap)

    def respond() -> Response:
        return picture_response(to_pixels(service.reconstruction(stored), size), media_type)

    return await workspace.workers.run(respond)


@router.get("/{stylemap}/photo", **PICTURE)
async def photo(
    workspace: CurrentWorkspace, request: Request, stylemap: Id, size: QuerySize = 512
) -> Response:
    """Get the square of the photo that a stylemap was encoded from."""
    media_type = negotiate(request, ONE_PICTURE)
    service = workspace.service
    stored = service.stylemaps.get(stylemap)

    def respond() -> Response:
        picture = service.picture(stored)
        return picture_response(picture.photo.crop_pixels(picture.square, size), media_type)

    return await workspace.workers.run(respond)


@router.get("/{stylemap}/parts")
async def parts(workspace: CurrentWorkspace, stylemap: Id) -> PartsResponse:
    """Find the automatic parts of a stylemap's picture."""
    stored = workspace.service.stylemaps.get(stylemap)
    return await workspace.workers.run(_find_parts, workspace.service, stored)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _square(service: EditService, body: EncodeRequest) -> Square:
    """Take the given square, or find one."""
    photo = service.photos.read(body.photo)
    if body.square is None:
        known = service.photos.get(body.photo).square
        if body.find is None and known is not None:
            return known
        model = service.models.get(body.model)
        return model.find_square(photo, body.find, refine=body.refine_square)
    square = Square(**body.square.model_dump())
    if square.side > MAX_SIDES * max(photo.size):
        raise invalid(
            "unfit_square",
            f"A square of {square.side:g} pixels is too large for a photo of "
            f"{photo.width}x{photo.height}; the limit is {MAX_SIDES * max(photo.size)}.",
        )
    return square


def _find_parts(service: EditService, stylemap: StoredStylemap) -> PartsResponse:
    model = service.model_of(stylemap)
    found = [
        FoundPart(
            name=name,
            label=model.part_labels[name],
            area=float(mask.mean()),
            mask=data_url(np.rint(mask[0, 0] * 255).astype(np.uint8)),
        )
        for name, mask in service.parts(stylemap).items()
    ]
    return PartsResponse(parts=found)
