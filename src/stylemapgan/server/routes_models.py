"""Models and their sample pictures."""

import logging
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from stylemapgan.errors import StyleMapGANError
from stylemapgan.server.errors import not_found
from stylemapgan.server.models import Models, ServedModel
from stylemapgan.server.request_schemas import Name
from stylemapgan.server.response_schemas import (
    DirectionAnswer,
    ModelAnswer,
    ModelsAnswer,
    PartName,
    PhotoAnswer,
)
from stylemapgan.server.workspace import Client, Here

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/models", tags=["Models"])


@router.get("")
async def models(here: Here) -> ModelsAnswer:
    """List all models, the one to begin with first; those with damaged files are left out."""
    return ModelsAnswer(models=await here.engine.run(_answers, here.models))


@router.get(
    "/{model}/samples/{name}",
    response_class=FileResponse,
    responses={200: {"content": {"image/png": {}}}},
)
async def sample(here: Here, model: Name, name: Name) -> FileResponse:
    """Get a sample picture."""
    return FileResponse(_sample(here.models.get(model), name))


@router.post("/{model}/samples/{name}", status_code=201)
async def take_sample(here: Here, client: Client, model: Name, name: Name) -> PhotoAnswer:
    """Put a sample picture among the photos, as if it had been uploaded."""
    path = _sample(here.models.get(model), name)
    content = path.read_bytes()
    kept = await here.engine.run(here.service.photos.add, content, path.name, client)
    return kept.answer()


def _answers(models: Models) -> list[ModelAnswer]:
    answers = []
    for model in models:
        try:
            answers.append(_answer(model, is_default=model is models.default))
        except StyleMapGANError as error:
            logger.error("The model %s is left out: %s", model.name, error)
    return answers


def _sample(model: ServedModel, name: str) -> Path:
    if name not in model.samples:
        raise not_found("sample", name)
    return model.samples[name]


def _answer(model: ServedModel, *, is_default: bool) -> ModelAnswer:
    parts = model.parts
    return ModelAnswer(
        name=model.name,
        title=model.title,
        image_size=model.config.image_size,
        stylemap_size=model.config.stylemap_size,
        is_default=is_default,
        engine=model.engine,
        about=model.about,
        licence=model.licence,
        data=model.data,
        directions=[
            DirectionAnswer(name=each.name, label=each.label, accuracy=each.accuracy)
            for each in model.directions.values()
        ],
        parts=[]
        if parts is None
        else [
            PartName(name=name, label=label)
            for name, label in zip(parts.names, parts.labels, strict=True)
        ],
        samples=list(model.samples),
    )
