"""Which part of a photo the model sees."""

import math
from dataclasses import dataclass, fields

from stylemapgan.errors import EditError

LARGEST = 1_000_000
"""Pixels of a side; no photo that can be read is this long and as wide."""


@dataclass(frozen=True, kw_only=True)
class Square:
    """A square in a photo, in pixels of the photo as people see it.

    It may reach beyond the photo, whose edge pixels are repeated there.
    """

    x: float
    """Its centre, from the photo's left edge."""
    y: float
    """Its centre, from the photo's top edge."""
    side: float
    """Its width and height."""
    rotation: float = 0.0
    """How far it is turned, in degrees, clockwise as seen."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if not math.isfinite(getattr(self, field.name)):
                raise EditError(f"A square needs finite numbers, got {field.name} = nan or inf.")
        if self.side < 1:
            raise EditError(f"A square's side must be at least 1 pixel, got {self.side:g}.")
        if self.side > LARGEST:
            raise EditError(f"A square's side is at most {LARGEST} pixels, got {self.side:g}.")

    @property
    def reach(self) -> float:
        """How far it extends from its centre along an axis, in pixels."""
        angle = math.radians(self.rotation)
        return self.side / 2 * (abs(math.cos(angle)) + abs(math.sin(angle)))
