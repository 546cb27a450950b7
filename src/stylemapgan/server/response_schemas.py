"""What the server answers in JSON."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from stylemapgan.server.request_schemas import PHOTO_EXAMPLE, STYLEMAP_EXAMPLE


class DirectionAnswer(BaseModel):
    """A direction to walk along."""

    name: str
    label: str
    accuracy: float | None
    """Balanced accuracy on photos not learned from; null where it was not learned from labels."""


class PartName(BaseModel):
    """An automatic part of pictures."""

    name: str
    label: str


class ModelAnswer(BaseModel):
    """A model to edit with."""

    name: str
    title: str
    image_size: int
    stylemap_size: int
    is_default: bool
    engine: Literal["onnx", "torch"]
    about: str
    licence: str
    data: str
    directions: list[DirectionAnswer]
    parts: list[PartName]
    samples: list[str]


class ModelsAnswer(BaseModel):
    """All models."""

    models: list[ModelAnswer]


class PhotoAnswer(BaseModel):
    """A photo in the store."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"id": PHOTO_EXAMPLE, "width": 4000, "height": 3000, "name": "hand.jpg"}
        }
    )

    id: str
    width: int
    height: int
    name: str


class SquareAnswer(BaseModel):
    """The square of a photo that a model sees."""

    x: float
    y: float
    side: float
    rotation: float


class FitAnswer(BaseModel):
    """Whether a photo is of what the model knows."""

    error: float
    verdict: Literal["good", "doubtful", "outside", "unknown"]
    message: str


class StylemapAnswer(BaseModel):
    """A stylemap in the store."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": STYLEMAP_EXAMPLE,
                "model": "hands-64",
                "photo": PHOTO_EXAMPLE,
                "square": {"x": 2000, "y": 1500, "side": 2800, "rotation": 0},
                "fit": {"error": 0.008, "verdict": "good", "message": "This photo fits."},
            }
        }
    )

    id: str
    model: str
    photo: str | None
    square: SquareAnswer | None
    fit: FitAnswer | None


class PartAnswer(BaseModel):
    """An automatic part of one picture."""

    name: str
    label: str
    area: float
    """Share of the picture's pixels."""
    mask: str
    """A grey PNG as a data URL."""


class PartsAnswer(BaseModel):
    """All automatic parts of one picture."""

    parts: list[PartAnswer]


class PictureAnswer(BaseModel):
    """A picture inside JSON."""

    image: str
    """A PNG as a data URL."""
    width: int
    height: int


class PicturesAnswer(BaseModel):
    """Pictures inside JSON."""

    images: list[PictureAnswer]


class ErrorDetail(BaseModel):
    """What is wrong."""

    code: str
    message: str


class ErrorAnswer(BaseModel):
    """The form of every error."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"error": {"code": "too_large", "message": "At most 40 MB are taken here."}}
        }
    )

    error: ErrorDetail


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": description}
    for status, description in {
        400: "Not a request that makes sense",
        401: "The token is missing or wrong",
        403: "A page of another site asked",
        404: "Not here, or not any more",
        406: "No such format",
        413: "Too large",
        415: "Not a kind of content that is taken",
        421: "The server does not go by that name",
        422: "A value, picture or edit that does not fit",
        429: "Too much at once; come back after Retry-After seconds",
        503: "Took too long",
        507: "The server's disk is full",
    }.items()
}
