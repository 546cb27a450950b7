"""What a request for suggestions may contain."""

from typing import Annotated

from pydantic import ConfigDict, Field

from stylemapgan.server.request_schemas import (
    STYLEMAP_EXAMPLE,
    Id,
    Integer,
    MaskSchema,
    Name,
    RequestSchema,
)


class SuggestRequest(RequestSchema):
    """A region of a picture that a reference is wanted for."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"source": STYLEMAP_EXAMPLE, "mask": {"part": "mouth"}, "top": 8}
        }
    )

    source: Id
    mask: MaskSchema
    """Where the reference is to show."""
    toward: Name | None = None
    """Direction of the wanted change; null is any change."""
    top: Annotated[Integer, Field(ge=1, le=32)] = 8
    """Most references to suggest."""
