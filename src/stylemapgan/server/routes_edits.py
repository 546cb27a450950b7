"""Edits: whole recipes, and shortcuts for what people do most."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from stylemapgan.editing import operations
from stylemapgan.images.levels import to_numpy
from stylemapgan.server import pictures
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.pictures import Pixels
from stylemapgan.server.request_schemas import (
    BlendBody,
    EditBody,
    GenerateBody,
    InterpolateBody,
    MixBody,
    MoveBody,
    Part,
    PushBody,
    ReconstructBody,
    TransplantBody,
)
from stylemapgan.server.resolved_edit import read_order, refuse_other_model, show
from stylemapgan.server.routes_stylemaps import random_stylemaps
from stylemapgan.server.workspace import Here, Workspace
from stylemapgan.types import Images

router = APIRouter(tags=["Edits"])

PICTURE = {"response_class": Response, "responses": pictures.PICTURE_RESPONSE}
FRAMES = {"response_class": Response, "responses": pictures.FRAMES_RESPONSE}


@router.post("/edit", **PICTURE)
async def edit(here: Here, request: Request, body: EditBody) -> Response:
    """Cook a recipe: push the source along directions, paste parts of references into it."""
    return await _one_picture(here, request, lambda: _edited(here.service, body))


@router.post("/reconstruct", **PICTURE)
async def reconstruct(here: Here, request: Request, body: ReconstructBody) -> Response:
    """Look at what the model makes of a stylemap."""
    recipe = EditBody(source=body.stylemap, size=body.size)
    return await _one_picture(here, request, lambda: _edited(here.service, recipe))


@router.post("/blend", **PICTURE)
async def blend(here: Here, request: Request, body: BlendBody) -> Response:
    """Put a part of one picture into another, in the same place."""
    part = Part(reference=body.reference, mask=body.mask, space=body.space)
    recipe = EditBody(source=body.source, parts=[part], size=body.size)
    return await _one_picture(here, request, lambda: _edited(here.service, recipe))


@router.post("/transplant", **PICTURE)
async def transplant(here: Here, request: Request, body: TransplantBody) -> Response:
    """Put parts of other pictures into one, elsewhere."""
    recipe = EditBody(source=body.source, parts=body.parts, size=body.size)
    return await _one_picture(here, request, lambda: _edited(here.service, recipe))


@router.post("/move", **PICTURE)
async def move(here: Here, request: Request, body: MoveBody) -> Response:
    """Walk along a direction, everywhere or where the mask is."""
    push = PushBody(direction=body.direction, amount=body.amount, mask=body.mask)
    recipe = EditBody(source=body.source, pushes=[push], size=body.size)
    return await _one_picture(here, request, lambda: _edited(here.service, recipe))


@router.post("/mix", **PICTURE)
async def mix(here: Here, request: Request, body: MixBody) -> Response:
    """Take the coarse styles of one picture and the fine ones of another."""
    return await _one_picture(here, request, lambda: _mixed(here.service, body))


@router.post("/generate", **FRAMES)
async def generate(here: Here, request: Request, body: GenerateBody) -> Response:
    """Invent pictures."""
    model = here.models.get(body.model)

    def make() -> list[Pixels]:
        stylemaps = random_stylemaps(model, body.count, body)
        return _shown(model.editor.decode(model.editor.as_array(stylemaps)), body.size)

    return await _pictures(here, request, make)


@router.post("/interpolate", **FRAMES)
async def interpolate(here: Here, request: Request, body: InterpolateBody) -> Response:
    """Walk from one picture to another."""
    return await _pictures(here, request, lambda: _walk(here.service, body))


def _edited(service: EditService, body: EditBody) -> Pixels:
    return show(service, read_order(service, body), body.view, body.size)


def _mixed(service: EditService, body: MixBody) -> Pixels:
    coarse, fine = service.stylemaps.get(body.coarse), service.stylemaps.get(body.fine)
    model = service.model_of(coarse)
    refuse_other_model(fine, model)
    resized = [service.resize(model, model.editor.as_array(each.array)) for each in (coarse, fine)]
    image = model.editor.synthesize(operations.mix(*resized))
    return pictures.resized(to_numpy(image), body.size)


def _walk(service: EditService, body: InterpolateBody) -> list[Pixels]:
    start, end = service.stylemaps.get(body.start), service.stylemaps.get(body.end)
    model = service.model_of(start)
    refuse_other_model(end, model)
    frames = []
    for step in range(body.steps):
        position = step / (body.steps - 1)
        between = operations.interpolate(start.array, end.array, position)
        image = model.editor.decode(model.editor.as_array(between))
        frames += _shown(image, body.size)
    return frames


def _shown(batch: Images, size: int) -> list[Pixels]:
    array = to_numpy(batch)
    return [pictures.resized(array[index : index + 1], size) for index in range(len(array))]


async def _one_picture(here: Workspace, request: Request, make: Callable[[], Pixels]) -> Response:
    kind = pictures.wanted(request, pictures.ONE_PICTURE)
    return await here.engine.run(lambda: pictures.one(make(), kind))


async def _pictures(
    here: Workspace, request: Request, make: Callable[[], list[Pixels]]
) -> Response:
    kind = pictures.wanted(request, pictures.FRAMES)
    return await here.engine.run(lambda: pictures.several(make(), kind))
