"""Routes of models and their sample pictures."""

import logging
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from stylemapgan.editing.photo import known_square
from stylemapgan.errors import StyleMapGANError
from stylemapgan.server.api_errors import not_found
from stylemapgan.server.request_schemas import Name
from stylemapgan.server.response_schemas import (
    DirectionResponse,
    ModelResponse,
    ModelsResponse,
    PartName,
    PhotoResponse,
)
from stylemapgan.server.served_model import ServedModel
from stylemapgan.server.workspace import Client, CurrentWorkspace, Workspace

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/models", tags=["Models"])


@router.get("")
async def models(workspace: CurrentWorkspace) -> ModelsResponse:
    """List all models, the default first; models with damaged files are left out."""
    return ModelsResponse(models=await workspace.workers.run(_describe_all, workspace))


@router.get(
    "/{model}/samples/{name}",
    response_class=FileResponse,
    responses={200: {"content": {"image/png": {}, "image/webp": {}}}},
)
async def sample(workspace: CurrentWorkspace, model: Name, name: Name) -> FileResponse:
    """Get a sample picture."""
    return FileResponse(_sample_path(workspace.models.get(model), name))


@router.post("/{model}/samples/{name}", status_code=201)
async def take_sample(
    workspace: CurrentWorkspace, client: Client, model: Name, name: Name
) -> PhotoResponse:
    """Store a sample picture as a photo, as if it had been uploaded."""
    path = _sample_path(workspace.models.get(model), name)
    photos, content = workspace.service.photos, path.read_bytes()
    square = known_square(path)
    photo = await workspace.workers.run(photos.add, content, path.name, client, square)
    return photo.response()


def _describe_all(workspace: Workspace) -> list[ModelResponse]:
    responses = []
    for model in workspace.models:
        try:
            responses.append(_describe(workspace, model))
        except StyleMapGANError as error:
            logger.error("Model %s is left out: %s", model.name, error)
    return responses


def _describe(workspace: Workspace, model: ServedModel) -> ModelResponse:
    directions = [
        DirectionResponse(name=each.name, label=each.label, accuracy=each.accuracy)
        for each in model.directions.values()
    ]
    return ModelResponse(
        name=model.name,
        title=model.title,
        method=model.method,
        can=list(model.can),
        image_size=model.image_size,
        stylemap_size=model.stylemap_size,
        is_default=model is workspace.models.default,
        engine=model.engine,
        about=model.about,
        licence=model.licence,
        data=model.data,
        directions=directions,
        parts=[PartName(name=name, label=label) for name, label in model.part_labels.items()],
        has_library=workspace.library is not None and workspace.library.model is model,
        samples=list(model.samples),
        sample_credit=model.sample_credit,
    )


def _sample_path(model: ServedModel, name: str) -> Path:
    if name not in model.samples:
        raise not_found("sample", name)
    return model.samples[name]
