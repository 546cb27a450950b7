"""Schemas of requests; the OpenAPI document is made from these."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal, TypeAlias

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from stylemapgan.config.ranges import AMOUNT, PSI, ROTATION, SCALE, SEED, STRENGTH
from stylemapgan.editing.edit import Edit, Space
from stylemapgan.editing.edit_masks import EditMask, mask_from_json
from stylemapgan.editing.photo import Find
from stylemapgan.errors import EditError
from stylemapgan.server.api_errors import invalid

STYLEMAP_EXAMPLE = "5f1d7a84db5d2afb8e3d4b2c90aa7c31"
PHOTO_EXAMPLE = "9b74c9897bac770ffc029102a200c5de"

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""A content hash: equal bytes always get the same id."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""Name of a model, direction, part or sample picture."""
View = Literal["raw", "pasted"]
Integer = Annotated[int, Field(strict=True)]
"""A JSON integer; the string "1" and `true` are rejected."""
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number."""
Flag = Annotated[bool, Field(strict=True)]
Size = Annotated[Integer, Field(ge=16, le=2048)]
"""Height and width of a picture, in pixels."""
SmallSize = Annotated[Integer, Field(ge=16, le=512)]
"""Height and width of each of many pictures, in pixels."""
QuerySize = Annotated[int, Query(ge=16, le=2048)]
"""A size in a URL's query, where all values are text."""
Pixels = Annotated[Integer, Field(ge=-4096, le=4096)]
Seed = Annotated[Integer, Field(ge=SEED.least, le=SEED.most)]
Psi = Annotated[Number, Field(ge=PSI.least, le=PSI.most)]
Strength = Annotated[Number, Field(ge=STRENGTH.least, le=STRENGTH.most)]
Amount = Annotated[Number, Field(ge=AMOUNT.least, le=AMOUNT.most)]
Coordinate = Annotated[Number, Field(ge=-100_000, le=100_000)]


class RequestSchema(BaseModel):
    """Base of all requests; unknown fields are rejected."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PngMaskSchema(RequestSchema):
    """A painted mask."""

    png: Annotated[str, Field(min_length=1, max_length=4_000_000)]
    """A square grey PNG in base64: white copies the reference, black keeps the source."""


class BoxMaskSchema(RequestSchema):
    """A rectangle."""

    box: tuple[Pixels, Pixels, Pixels, Pixels]
    """Left edge, top edge, width and height, in pixels of the model's image."""


class PartMaskSchema(RequestSchema):
    """An automatic part of the picture, by its name in `GET /stylemaps/{id}/parts`."""

    part: Name


MaskSchema: TypeAlias = PngMaskSchema | BoxMaskSchema | PartMaskSchema


def to_mask(mask: MaskSchema) -> EditMask:
    """Build a mask of an edit.

    Raises:
        ApiError: A painted mask is not base64.
    """
    with _mask_errors():
        return mask_from_json(mask.model_dump())


@contextmanager
def _mask_errors() -> Iterator[None]:
    """Report an EditError as an invalid mask: the schema has validated all other fields."""
    try:
        yield
    except EditError as error:
        raise invalid("unfit_mask", str(error)) from None


class _Placement(RequestSchema):
    """Everything about a part but its mask."""

    reference: Id
    key: Annotated[str, Field(max_length=64)] = ""
    """Name under which a live connection keeps this part's mask."""
    shift: tuple[Pixels, Pixels] = (0, 0)
    """How far the part moves to the right and down, in pixels of the model's image."""
    strength: Strength = 1.0
    rotation: Annotated[Number, Field(ge=ROTATION.least, le=ROTATION.most)] = 0.0
    """How far the reference turns clockwise about the mask's centre, in degrees."""
    scale: Annotated[Number, Field(ge=SCALE.least, le=SCALE.most)] = 1.0
    """Factor by which the reference grows about the mask's centre."""
    space: Space = "w-plus"


class PartSchema(_Placement):
    """A part of a reference, and where it goes."""

    mask: MaskSchema


class LivePartSchema(_Placement):
    """A part whose mask the connection may have already."""

    mask: MaskSchema | None = None
    """What to take from the reference; null keeps the mask of this key."""


class PushSchema(RequestSchema):
    """A change along a direction of the model."""

    direction: Name
    amount: Amount
    """In standard deviations of photos; useful from -3 to 3."""
    mask: MaskSchema | None = None
    """Where the source changes; null is everywhere."""
    key: Annotated[str, Field(max_length=64)] = ""
    """Name under which a live connection keeps this mask; the direction's name if empty."""


Pushes = Annotated[list[PushSchema], Field(max_length=16)]


class EditSchema(RequestSchema):
    """A source and its edit: pushes are applied first, then parts in order."""

    source: Id
    parts: Annotated[list[PartSchema], Field(max_length=16)] = []
    pushes: Pushes = []

    def edit(self) -> Edit:
        """Build the edit.

        Raises:
            ApiError: A painted mask is not base64.
        """
        with _mask_errors():
            return Edit.from_json(self.model_dump(include={"parts", "pushes"}))


class ShownSchema(RequestSchema):
    """How an edit is shown."""

    view: View = "raw"
    """`raw`: the model's output; `pasted`: the photo's square with the change pasted in."""
    detail: Flag = True
    """In the `pasted` view, take detail from the references' photos."""
    size: Size = 512


class EditRequest(EditSchema, ShownSchema):
    """An edit, and the picture to return."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "source": STYLEMAP_EXAMPLE,
                "parts": [
                    {
                        "reference": "0cc175b9c0f1b6a831c399e269772661",
                        "mask": {"box": [16, 8, 24, 24]},
                        "shift": [8, 0],
                    }
                ],
                "view": "pasted",
                "size": 512,
            }
        }
    )


class LiveState(ShownSchema):
    """The complete state of a live painting connection."""

    type: Literal["state"]
    sequence: Annotated[Integer, Field(ge=0, le=2**32 - 1)]
    source: Id
    parts: Annotated[list[LivePartSchema], Field(max_length=16)] = []
    pushes: Pushes = []


class ExportRequest(EditSchema):
    """An edit, and the file to make from it."""

    format: Literal["png", "jpeg", "webp"] = "png"
    content: Literal["photo", "square"] = "photo"
    """`photo`: the whole photo at full resolution; `square`: the model's output."""
    detail: Flag = True
    """In the whole photo, take detail from the references' photos."""
    tag: Flag = True
    """Mark the file as made with a trained algorithm."""


class SquareSchema(RequestSchema):
    """A square of a photo, in pixels of the upright photo."""

    x: Coordinate
    y: Coordinate
    """Centre of the square, with `x`."""
    side: Annotated[Number, Field(ge=1, le=100_000)]
    rotation: Annotated[Number, Field(ge=-360, le=360)] = 0.0
    """In degrees, clockwise."""


class EncodeRequest(RequestSchema):
    """The photo to encode, and the square of it that the model sees."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"model": "hands-64", "photo": PHOTO_EXAMPLE}}
    )

    model: Name
    photo: Id
    square: SquareSchema | None = None
    find: Find | None = None
    """How to find the square if none is given. Default: the known square of a sample picture;
    around the face for models of faces; otherwise the whole photo if it is square, or else its
    foreground."""
    refine_square: bool = True
    """Refine the square around a face by the model's own view of it, if the model can."""


class RandomRequest(RequestSchema):
    """A random picture."""

    model_config = ConfigDict(json_schema_extra={"example": {"model": "hands-64", "seed": 1}})

    model: Name
    seed: Seed = 0
    psi: Psi = 0.7
    """Truncation: 0 gives the average picture, 1 the full variety."""


class ReconstructRequest(RequestSchema):
    """A stylemap to decode."""

    stylemap: Id
    size: Size = 512


class BlendRequest(RequestSchema):
    """A part that keeps its position."""

    source: Id
    reference: Id
    mask: MaskSchema
    space: Space = "w-plus"
    size: Size = 512


class TransplantRequest(RequestSchema):
    """Parts that move to another position."""

    source: Id
    parts: Annotated[list[PartSchema], Field(min_length=1, max_length=16)]
    size: Size = 512


class MixRequest(RequestSchema):
    """Coarse styles (pose, layout) of one picture, fine styles (colours, detail) of another."""

    coarse: Id
    fine: Id
    size: Size = 512


class MoveRequest(PushSchema):
    """A change of one picture along a direction."""

    source: Id
    size: Size = 512


class GenerateRequest(RandomRequest):
    """Random pictures."""

    count: Annotated[Integer, Field(ge=1, le=16)] = 1
    size: SmallSize = 256


class InterpolateRequest(RequestSchema):
    """A sequence of pictures between two."""

    start: Id
    end: Id
    steps: Annotated[Integer, Field(ge=2, le=32)] = 8
    size: SmallSize = 256
