"""Routes of edits: complete edits, shortcuts for frequent ones, and export to a file."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from stylemapgan.editing import operations
from stylemapgan.images.levels import to_numpy
from stylemapgan.images.provenance import Provenance, SourceType
from stylemapgan.server.edit_service import EditService
from stylemapgan.server.picture_encoding import (
    ONE_PICTURE,
    PICTURE_RESPONSE,
    PICTURES_RESPONSE,
    SEVERAL_PICTURES,
    Pixels,
    negotiate,
    picture_response,
    pictures_response,
    to_pixels,
)
from stylemapgan.server.request_schemas import (
    BlendRequest,
    EditRequest,
    EditSchema,
    ExportRequest,
    GenerateRequest,
    InterpolateRequest,
    MixRequest,
    MoveRequest,
    PartSchema,
    PushSchema,
    ReconstructRequest,
    TransplantRequest,
)
from stylemapgan.server.resolved_edit import (
    ResolvedEdit,
    check_same_model,
    render_photo,
    render_square,
    render_view,
    resolve_edit,
)
from stylemapgan.server.workspace import CurrentWorkspace, Workspace
from stylemapgan.types import Images

router = APIRouter(tags=["Edits"])
export_router = APIRouter(tags=["Export"])
ROUTERS = router, export_router

PICTURE = {"response_class": Response, "responses": PICTURE_RESPONSE}
PICTURES = {"response_class": Response, "responses": PICTURES_RESPONSE}
MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
SUFFIXES = {"png": "png", "jpeg": "jpg", "webp": "webp"}
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {media_type: {} for media_type in MEDIA_TYPES.values()},
    }
}


@router.post("/edit", **PICTURE)
async def edit(workspace: CurrentWorkspace, request: Request, body: EditRequest) -> Response:
    """Render an edit: push the source along directions, then paste parts of references."""
    return await _respond_with_edit(workspace, request, body)


@router.post("/reconstruct", **PICTURE)
async def reconstruct(
    workspace: CurrentWorkspace, request: Request, body: ReconstructRequest
) -> Response:
    """Render a stylemap without edits."""
    full = EditRequest(source=body.stylemap, size=body.size)
    return await _respond_with_edit(workspace, request, full)


@router.post("/blend", **PICTURE)
async def blend(workspace: CurrentWorkspace, request: Request, body: BlendRequest) -> Response:
    """Paste a part of one picture into another, at the same position."""
    part = PartSchema(reference=body.reference, mask=body.mask, space=body.space)
    full = EditRequest(source=body.source, parts=[part], size=body.size)
    return await _respond_with_edit(workspace, request, full)


@router.post("/transplant", **PICTURE)
async def transplant(
    workspace: CurrentWorkspace, request: Request, body: TransplantRequest
) -> Response:
    """Paste parts of other pictures into one, at other positions."""
    full = EditRequest(source=body.source, parts=body.parts, size=body.size)
    return await _respond_with_edit(workspace, request, full)


@router.post("/move", **PICTURE)
async def move(workspace: CurrentWorkspace, request: Request, body: MoveRequest) -> Response:
    """Push a picture along a direction, everywhere or inside a mask."""
    push = PushSchema(direction=body.direction, amount=body.amount, mask=body.mask)
    full = EditRequest(source=body.source, pushes=[push], size=body.size)
    return await _respond_with_edit(workspace, request, full)


@router.post("/mix", **PICTURE)
async def mix(workspace: CurrentWorkspace, request: Request, body: MixRequest) -> Response:
    """Combine the coarse styles of one picture with the fine styles of another."""
    return await _respond_with_one(workspace, request, lambda: _mix(workspace.service, body))


@router.post("/generate", **PICTURES)
async def generate(
    workspace: CurrentWorkspace, request: Request, body: GenerateRequest
) -> Response:
    """Generate random pictures."""
    model = workspace.models.get(body.model)

    def decode() -> list[Pixels]:
        stylemaps = model.sample(body.count, body.seed, body.psi)
        return _to_frames(model.decode(stylemaps), body.size)

    return await _respond_with_several(workspace, request, decode)


@router.post("/interpolate", **PICTURES)
async def interpolate(
    workspace: CurrentWorkspace, request: Request, body: InterpolateRequest
) -> Response:
    """Interpolate between two pictures."""
    return await _respond_with_several(
        workspace, request, lambda: _interpolate(workspace.service, body)
    )


@export_router.post("/export", response_class=Response, responses=FILE)
async def export(workspace: CurrentWorkspace, body: ExportRequest) -> Response:
    """Export an edit as a file: the whole photo at full resolution, or the model's output.

    PNG keeps every pixel outside the edit unchanged; JPEG and WebP compress the whole picture
    again. EXIF data and colour profile are kept.
    """
    return await workspace.workers.run(_export, workspace.service, body)


def _resolve(service: EditService, body: EditSchema) -> ResolvedEdit:
    return resolve_edit(service, service.stylemaps.get(body.source), body.edit())


async def _respond_with_edit(workspace: Workspace, request: Request, body: EditRequest) -> Response:
    service = workspace.service

    def render() -> Pixels:
        return render_view(service, _resolve(service, body), body)

    return await _respond_with_one(workspace, request, render)


async def _respond_with_one(
    workspace: Workspace, request: Request, render: Callable[[], Pixels]
) -> Response:
    media_type = negotiate(request, ONE_PICTURE)
    return await workspace.workers.run(lambda: picture_response(render(), media_type))


async def _respond_with_several(
    workspace: Workspace, request: Request, render: Callable[[], list[Pixels]]
) -> Response:
    media_type = negotiate(request, SEVERAL_PICTURES)
    return await workspace.workers.run(lambda: pictures_response(render(), media_type))


def _mix(service: EditService, body: MixRequest) -> Pixels:
    coarse, fine = service.stylemaps.get(body.coarse), service.stylemaps.get(body.fine)
    model = service.model_of(coarse)
    check_same_model(fine, model)
    model.need("mix")
    resized = [service.resize(model, model.editor.as_array(each.array)) for each in (coarse, fine)]
    image = model.editor.synthesize(operations.mix(*resized))
    return to_pixels(to_numpy(image), body.size)


def _interpolate(service: EditService, body: InterpolateRequest) -> list[Pixels]:
    start, end = service.stylemaps.get(body.start), service.stylemaps.get(body.end)
    model = service.model_of(start)
    check_same_model(end, model)
    frames = []
    for step in range(body.steps):
        position = step / (body.steps - 1)
        between = model.interpolate(start.array, end.array, position)
        frames += _to_frames(model.decode(between), body.size)
    return frames


def _to_frames(batch: Images, size: int) -> list[Pixels]:
    array = to_numpy(batch)
    return [to_pixels(array[index : index + 1], size) for index in range(len(array))]


def _export(service: EditService, body: ExportRequest) -> Response:
    resolved = _resolve(service, body)
    if body.content == "photo":
        photo = render_photo(service, resolved, body.detail)
    else:
        photo = render_square(service, resolved)
    tag = _provenance(resolved, body) if body.tag else None
    disposition = _attachment(_file_name(service, resolved, body))
    return Response(
        photo.to_bytes(body.format, tag),
        media_type=MEDIA_TYPES[body.format],
        headers={"Content-Disposition": disposition},
    )


def _provenance(resolved: ResolvedEdit, body: ExportRequest) -> Provenance:
    part_fields = {"shift", "strength", "rotation", "scale", "space"}
    is_random = resolved.source.photo is None
    return Provenance(
        model=resolved.source.model,
        settings={
            "parts": [part.model_dump(include=part_fields) for part in body.parts],
            "pushes": [push.model_dump(include={"direction", "amount"}) for push in body.pushes],
        },
        source_type=SourceType.GENERATED if is_random else SourceType.EDITED,
    )


def _file_name(service: EditService, resolved: ResolvedEdit, body: ExportRequest) -> str:
    photo = resolved.source.photo
    stem = "picture" if photo is None else PurePath(service.photos.get(photo).name).stem
    return f"{stem}-edited.{SUFFIXES[body.format]}"


def _attachment(name: str) -> str:
    """Write a Content-Disposition with an ASCII name and, for newer clients, the full name."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
