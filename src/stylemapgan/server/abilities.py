"""What models of some methods cannot do: requests, and fields of an edit."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

Ability: TypeAlias = Literal["generate", "interpolate", "mix", "move", "shift", "space", "detail"]
"""A request or a field of an edit; `shift` stands for `rotation` and `scale` too."""
LACKS: Mapping[Ability, str] = {
    "generate": "does not generate pictures",
    "interpolate": "does not interpolate between pictures",
    "mix": "does not mix styles",
    "move": "has no directions",
    "shift": "does not shift, rotate or scale parts",
    "space": "has no choice of space",
    "detail": "takes no detail from photos",
}
"""What an error says of a model without an ability."""
