"""Schemas of JSON responses."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from stylemapgan.server.abilities import Ability
from stylemapgan.server.request_schemas import PHOTO_EXAMPLE, STYLEMAP_EXAMPLE


class DirectionResponse(BaseModel):
    """A direction along which a model can change pictures."""

    name: str
    label: str
    accuracy: float | None
    """Balanced accuracy on held-out photos; null if the direction was not learned from labels."""


class PartName(BaseModel):
    """An automatic part of pictures."""

    name: str
    label: str


class ModelResponse(BaseModel):
    """A model."""

    name: str
    title: str
    method: str
    """Name of the method that edits; `stylemapgan` unless the model file is another method's."""
    can: list[Ability]
    """Requests, and fields of an edit, that models of some methods do not support; `shift` stands
    for `rotation` and `scale` too."""
    image_size: int
    stylemap_size: int
    is_default: bool
    engine: Literal["onnx", "torch"]
    about: str
    licence: str
    data: str
    directions: list[DirectionResponse]
    parts: list[PartName]
    has_library: bool
    """Whether `POST /suggestions` knows photos for it."""
    samples: list[str]
    sample_credit: str | None
    """Who took the sample pictures, and their licence: show it where you show them."""


class ModelsResponse(BaseModel):
    """All models."""

    models: list[ModelResponse]


class PhotoResponse(BaseModel):
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


class SquareResponse(BaseModel):
    """The square of a photo that the model sees."""

    x: float
    y: float
    side: float
    rotation: float


class FitResponse(BaseModel):
    """How well the model represents a photo."""

    error: float
    verdict: Literal["good", "doubtful", "outside", "unknown"]
    message: str


class StylemapResponse(BaseModel):
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
    square: SquareResponse | None
    fit: FitResponse | None


class SuggestionResponse(BaseModel):
    """A reference that would fit."""

    name: str
    """Of the photo, in the library."""
    stylemap: StylemapResponse
    """Ready to be the reference of a part."""
    score: float
    """Higher is better; comparable within one answer."""
    seam: float
    """How much harder or softer than in the two pictures colours will step across the border."""
    change: float
    """How much changes inside the mask, from 0 to 1; toward a direction: from -1 to 1."""


class SuggestionsResponse(BaseModel):
    """References that would fit, the best first."""

    suggestions: list[SuggestionResponse]


class FoundPart(BaseModel):
    """An automatic part found in one picture."""

    name: str
    label: str
    area: float
    """Share of the picture's pixels."""
    mask: str
    """A grey PNG as a data URL."""


class PartsResponse(BaseModel):
    """All automatic parts found in one picture."""

    parts: list[FoundPart]


class PictureResponse(BaseModel):
    """A picture inside JSON."""

    image: str
    """A PNG as a data URL."""
    width: int
    height: int


class PicturesResponse(BaseModel):
    """Pictures inside JSON."""

    images: list[PictureResponse]


class ErrorDetail(BaseModel):
    """Code for programs and message for people."""

    code: str
    message: str


class ErrorResponse(BaseModel):
    """The form of every error."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "error": {
                    "code": "too_large",
                    "message": "The request is larger than the limit of 40 MB.",
                }
            }
        }
    )

    error: ErrorDetail


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorResponse, "description": description}
    for status, description in {
        400: "Malformed request",
        401: "The token is missing or wrong",
        403: "Request from a page of another site",
        404: "Unknown or expired",
        406: "No acceptable format",
        413: "Too large",
        415: "Unsupported content type",
        421: "Unknown host name",
        422: "Invalid value, picture or edit",
        429: "Too many simultaneous requests; try again after Retry-After seconds",
        503: "Time limit exceeded",
        507: "The server's disk is full",
    }.items()
}
