"""What requests and answers look like; the OpenAPI document is made of these."""

from typing import Annotated, Literal, TypeAlias

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from stylemapgan.config.ranges import AMOUNT, PSI, SEED, STRENGTH

STYLEMAP_EXAMPLE = "5f1d7a84db5d2afb8e3d4b2c90aa7c31"
PHOTO_EXAMPLE = "9b74c9897bac770ffc029102a200c5de"

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""A content hash: the same bytes always get the same id."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A model, direction, part or sample picture."""
Space = Literal["w", "w-plus"]
View = Literal["raw", "pasted"]
Whole = Annotated[int, Field(strict=True)]
"""A whole number; "1" and true are none."""
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number."""
Size = Annotated[Whole, Field(ge=16, le=2048)]
"""Height and width of a picture, in pixels."""
SmallSize = Annotated[Whole, Field(ge=16, le=512)]
"""Height and width of each of many pictures, in pixels."""
Shown = Annotated[int, Query(ge=16, le=2048)]
"""A size in an address, where everything is text."""
Pixels = Annotated[Whole, Field(ge=-4096, le=4096)]
Seed = Annotated[Whole, Field(ge=SEED.least, le=SEED.most)]
Psi = Annotated[Real, Field(ge=PSI.least, le=PSI.most)]
Strength = Annotated[Real, Field(ge=STRENGTH.least, le=STRENGTH.most)]
Amount = Annotated[Real, Field(ge=AMOUNT.least, le=AMOUNT.most)]
Coordinate = Annotated[Real, Field(ge=-100_000, le=100_000)]


class Body(BaseModel):
    """What a client sends; names that mean nothing are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PngMask(Body):
    """A painted mask."""

    png: Annotated[str, Field(min_length=1, max_length=4_000_000)]
    """A square grey PNG in base64: white takes the reference."""


class BoxMask(Body):
    """A rectangle."""

    box: tuple[Pixels, Pixels, Pixels, Pixels]
    """Left edge, top edge, width and height, in pixels of the model's image."""


class PartMask(Body):
    """An automatic part of the picture, as `GET /stylemaps/{id}/parts` names it."""

    part: Name


Mask: TypeAlias = PngMask | BoxMask | PartMask


class _Placement(Body):
    """A reference and where a part of it goes."""

    reference: Id
    key: Annotated[str, Field(max_length=64)] = ""
    """What a live connection remembers this part's mask by."""
    shift: tuple[Pixels, Pixels] = (0, 0)
    """How far it moves to the right and down, in pixels of the model's image."""
    strength: Strength = 1.0
    rotation: Annotated[Real, Field(ge=-360, le=360)] = 0.0
    """How far the reference turns about the mask's centre, in degrees, clockwise."""
    scale: Annotated[Real, Field(ge=0.25, le=4)] = 1.0
    """How much larger the reference becomes about the mask's centre."""
    space: Space = "w-plus"


class Part(_Placement):
    """A part of a reference and where it goes."""

    mask: Mask


class LivePart(_Placement):
    """A part whose mask may be known already."""

    mask: Mask | None = None
    """What to take of the reference; null keeps the mask of this key."""


class PushBody(Body):
    """A walk along a direction of the model."""

    direction: Name
    amount: Amount
    """In standard deviations of photos; sensible from -3 to 3."""
    mask: Mask | None = None
    """Where; everywhere if null."""
    key: Annotated[str, Field(max_length=64)] = ""
    """What a live connection remembers this mask by; the direction's name if empty."""


Pushes = Annotated[list[PushBody], Field(max_length=16)]


class RecipeBody(Body):
    """A source and everything that happens to it: pushes first, then parts in order."""

    source: Id
    parts: Annotated[list[Part], Field(max_length=16)] = []
    pushes: Pushes = []


class EditBody(RecipeBody):
    """A recipe and how to show it."""

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

    view: View = "raw"
    """The model's own picture, or the photo's square with the change pasted in."""
    size: Size = 512


class LiveState(Body):
    """The whole state of a page being painted on."""

    type: Literal["state"]
    sequence: Annotated[Whole, Field(ge=0, le=2**32 - 1)]
    source: Id
    parts: Annotated[list[LivePart], Field(max_length=16)] = []
    pushes: Pushes = []
    view: View = "raw"
    size: Size = 512


class ExportBody(RecipeBody):
    """A recipe and the file to make of it."""

    format: Literal["png", "jpeg", "webp"] = "png"
    content: Literal["photo", "square"] = "photo"
    """The whole photo at full resolution, or the model's own picture."""
    tag: Annotated[bool, Field(strict=True)] = True
    """Say in the file that a trained algorithm took part."""


class SquareBody(Body):
    """A square in a photo, in pixels of the upright photo."""

    x: Coordinate
    y: Coordinate
    """Its centre."""
    side: Annotated[Real, Field(ge=1, le=100_000)]
    rotation: Annotated[Real, Field(ge=-360, le=360)] = 0.0
    """In degrees, clockwise as seen."""


class EncodeBody(Body):
    """Which photo to encode, and which part of it the model sees."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"model": "hands-64", "photo": PHOTO_EXAMPLE}}
    )

    model: Name
    photo: Id
    square: SquareBody | None = None
    find: Literal["foreground", "middle", "face"] | None = None
    """How to find the square where none is given; if this is not given either, square photos
    are taken whole and the foreground of others is found."""


class RandomBody(Body):
    """An invented picture to ask for."""

    model_config = ConfigDict(json_schema_extra={"example": {"model": "hands-64", "seed": 1}})

    model: Name
    seed: Seed = 0
    psi: Psi = 0.7
    """Truncation: 0 gives the average picture, 1 full variety."""


class ReconstructBody(Body):
    """A stylemap to decode."""

    stylemap: Id
    size: Size = 512


class BlendBody(Body):
    """A part that stays in its place."""

    source: Id
    reference: Id
    mask: Mask
    space: Space = "w-plus"
    size: Size = 512


class TransplantBody(Body):
    """Parts that land elsewhere."""

    source: Id
    parts: Annotated[list[Part], Field(min_length=1, max_length=16)]
    size: Size = 512


class MixBody(Body):
    """Pose and layout of one picture, colours and detail of another."""

    coarse: Id
    fine: Id
    size: Size = 512


class MoveBody(PushBody):
    """A walk of one picture along a direction."""

    source: Id
    size: Size = 512


class GenerateBody(RandomBody):
    """Invented pictures to ask for."""

    count: Annotated[Whole, Field(ge=1, le=16)] = 1
    size: SmallSize = 256
    """Of each picture."""


class InterpolateBody(Body):
    """A walk between two pictures."""

    start: Id
    end: Id
    steps: Annotated[Whole, Field(ge=2, le=32)] = 8
    size: SmallSize = 256
    """Of each picture."""
