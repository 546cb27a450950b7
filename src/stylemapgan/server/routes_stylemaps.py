"""Stylemaps: of photos, invented, in and out as files, and what they show."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from stylemapgan.editing import operations
from stylemapgan.editing.photo import FINDERS, Square
from stylemapgan.images.levels import to_numpy
from stylemapgan.server import pictures
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.errors import unfit
from stylemapgan.server.models import ServedModel
from stylemapgan.server.request_schemas import EncodeBody, Id, Name, RandomBody, Shown
from stylemapgan.server.response_schemas import PartAnswer, PartsAnswer, StylemapAnswer
from stylemapgan.server.stylemaps import NPY, SAFETENSORS, KeptStylemap, packed, unpacked
from stylemapgan.server.workspace import Client, Here

router = APIRouter(prefix="/stylemaps", tags=["Stylemaps"])

MAX_SIDES = 4
"""Largest square, in longer sides of the photo."""
FILE = {"schema": {"type": "string", "format": "binary"}}
UPLOAD = {"requestBody": {"required": True, "content": {NPY: FILE, SAFETENSORS: FILE}}}
DOWNLOAD: dict[int | str, dict[str, Any]] = {
    200: {"model": StylemapAnswer, "content": {NPY: {}, SAFETENSORS: {}}}
}


@router.post("", status_code=201)
async def encode(here: Here, client: Client, body: EncodeBody) -> StylemapAnswer:
    """Encode the square of a photo that the model is to see, and tell whether the photo fits."""
    service, model = here.service, here.models.get(body.model)

    def make() -> KeptStylemap:
        return service.encode(model, body.photo, _square(service, body))

    return service.stylemaps.add(await here.engine.run(make), client).answer()


@router.post("/random", status_code=201)
async def invent(here: Here, client: Client, body: RandomBody) -> StylemapAnswer:
    """Draw a random stylemap; the same seed always gives the same one."""
    model = here.models.get(body.model)
    array = await here.engine.run(random_stylemaps, model, 1, body)
    kept = KeptStylemap(model=model.name, array=array)
    return here.service.stylemaps.add(kept, client).answer()


@router.put("", status_code=201, openapi_extra=UPLOAD)
async def put(
    here: Here,
    client: Client,
    request: Request,
    model: Annotated[Name, Query(description="Model that the stylemap belongs to")],
) -> StylemapAnswer:
    """Upload a stylemap as an npy or safetensors file."""
    served = here.models.get(model)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    content = await request.body()
    array = await here.engine.run(lambda: unpacked(content, kind, served.config))
    kept = KeptStylemap(model=served.name, array=array)
    return here.service.stylemaps.add(kept, client).answer()


@router.get("/{stylemap}", response_model=StylemapAnswer, responses=DOWNLOAD)
async def get(here: Here, request: Request, stylemap: Id) -> Response:
    """Get a stylemap: what it is (JSON), or its numbers as an npy or safetensors file."""
    kind = pictures.wanted(request, (pictures.JSON, NPY, SAFETENSORS))
    kept = here.service.stylemaps.get(stylemap)
    if kind == pictures.JSON:
        return JSONResponse(kept.answer().model_dump())
    return Response(packed(kept, kind), media_type=kind)


@router.get("/{stylemap}/image", response_class=Response, responses=pictures.PICTURE_RESPONSE)
async def image(here: Here, request: Request, stylemap: Id, size: Shown = 512) -> Response:
    """Look at what the model makes of a stylemap."""
    kind = pictures.wanted(request, pictures.ONE_PICTURE)
    kept = here.service.stylemaps.get(stylemap)

    def make() -> Response:
        return pictures.one(pictures.resized(here.service.reconstruction(kept), size), kind)

    return await here.engine.run(make)


@router.get("/{stylemap}/photo", response_class=Response, responses=pictures.PICTURE_RESPONSE)
async def photo(here: Here, request: Request, stylemap: Id, size: Shown = 512) -> Response:
    """Look at the square of the photo that a stylemap was encoded from."""
    kind = pictures.wanted(request, pictures.ONE_PICTURE)
    kept = here.service.stylemaps.get(stylemap)

    def make() -> Response:
        full, square = here.service.picture(kept)
        return pictures.one(full.crop_pixels(square, size), kind)

    return await here.engine.run(make)


@router.get("/{stylemap}/parts")
async def parts(here: Here, stylemap: Id) -> PartsAnswer:
    """Find the automatic parts of a stylemap's picture."""
    kept = here.service.stylemaps.get(stylemap)
    return await here.engine.run(_parts, here.service, kept)


def random_stylemaps(model: ServedModel, count: int, body: RandomBody) -> np.ndarray:
    """Draw stylemaps and pull them towards their mean."""
    editor = model.editor
    drawn = editor.sample(count, body.seed)
    return to_numpy(operations.truncate(drawn, editor.mean_stylemap, body.psi))


def _square(service: EditService, body: EncodeBody) -> Square:
    """Take the square that was given, or find it."""
    photo = service.photos.read(body.photo)
    if body.square is None:
        usual = "middle" if photo.width == photo.height else "foreground"
        return FINDERS[body.find or usual](photo)
    square = Square(**body.square.model_dump())
    if square.side > MAX_SIDES * max(photo.size):
        raise unfit(
            "unfit_square",
            f"A square of {square.side:g} pixels is too large for a photo of "
            f"{photo.width}x{photo.height}.",
        )
    return square


def _parts(service: EditService, stylemap: KeptStylemap) -> PartsAnswer:
    model = service.model_of(stylemap)
    if model.parts is None:
        return PartsAnswer(parts=[])
    labels = dict(zip(model.parts.names, model.parts.labels, strict=True))
    answers = [
        PartAnswer(
            name=name,
            label=labels[name],
            area=float(mask.mean()),
            mask=pictures.data_url(np.rint(mask[0, 0] * 255).astype(np.uint8)),
        )
        for name, mask in service.parts(stylemap).items()
    ]
    return PartsAnswer(parts=answers)
