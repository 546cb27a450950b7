"""One direction as a plain value."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from stylemapgan.errors import EditError
from stylemapgan.types import Array, Stylemap

Origin: TypeAlias = Literal["labels", "variance", "weights"]
"""What a direction was found in."""

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_LETTERS = 64
"""Longest name or label."""
NORM_TOLERANCE = 1e-3
"""How far from 1 the length of a unit vector may be, after rounding."""


@dataclass(frozen=True, kw_only=True)
class Direction:
    """A way to go from any stylemap, and how far a usual step is.

    Raises:
        EditError: The name or a number makes no sense.
    """

    name: str
    """What commands call it: small letters, digits and hyphens, such as `open-hand`."""
    label: str
    """What people read, such as "Open hand"."""
    normal: Array
    """Where to: (1, channels, rows, columns), of length 1 as a vector."""
    origin: Origin
    """What it was found in."""
    scale: float
    """Standard deviation of photos along it: the length of a step of amount 1."""
    accuracy: float | None = None
    """Balanced accuracy on photos not learned from; guessing gives 0.5. None without labels."""

    def __post_init__(self) -> None:
        refuse_texts(self.name, self.label)
        _refuse_normal(self.name, self.normal)
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise EditError(f"The direction {self.name} needs a scale above 0, got {self.scale}.")
        if self.accuracy is not None and not 0 <= self.accuracy <= 1:
            raise EditError(
                f"The accuracy of the direction {self.name} must be from 0 to 1, "
                f"got {self.accuracy}."
            )

    @property
    def step(self) -> Stylemap:
        """What `operations.push` adds to a stylemap for an amount of 1."""
        return self.scale * self.normal


def direction_named(name: str, directions: Sequence[Direction]) -> Direction:
    """Pick a direction by its name.

    Raises:
        EditError: None has it.
    """
    for direction in directions:
        if direction.name == name:
            return direction
    known = ", ".join(direction.name for direction in directions)
    raise EditError(f"There is no direction {name[:MAX_LETTERS]!r}; there are {known}.")


def refuse_texts(name: str, label: str) -> None:
    """Let only names that commands take and labels that fit a line pass.

    Raises:
        EditError: One of them is of no use.
    """
    if len(name) > MAX_LETTERS or not NAME.fullmatch(name):
        raise EditError(
            f"A direction's name is up to {MAX_LETTERS} small letters, digits and hyphens, such "
            f"as open-hand, got {name[:MAX_LETTERS]!r}."
        )
    if len(label) > MAX_LETTERS or not label.isprintable() or not label.strip():
        raise EditError(
            f"A direction's label is one line of up to {MAX_LETTERS} letters, "
            f"got {label[:MAX_LETTERS]!r}."
        )


def _refuse_normal(name: str, normal: Array) -> None:
    if normal.ndim != 4 or normal.shape[0] != 1:
        raise EditError(
            f"The direction {name} must have the shape (1, channels, rows, columns), "
            f"got {tuple(normal.shape)}."
        )
    length = float(np.linalg.norm(np.asarray(normal, dtype=np.float64)))
    if not abs(length - 1) < NORM_TOLERANCE:  # false for NaN too
        raise EditError(f"The direction {name} must have the length 1, got {length:g}.")
